#pragma once
namespace gleaner {
void RegisterGroupNorm();
}

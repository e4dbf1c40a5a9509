#pragma once
namespace gleaner {
void RegisterReshape();
}

#pragma once
namespace gleaner {
void RegisterBatchNorm();
}

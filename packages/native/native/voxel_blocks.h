#pragma once
namespace gleaner {
void RegisterVoxelBlocks();
}

#pragma once
namespace gleaner {
void RegisterConv3d();
void RegisterConv3dFilterGrad();
}

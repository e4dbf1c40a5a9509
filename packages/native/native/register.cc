// Makes Gleaner's operators known to TensorFlow. The constructor runs when Node loads the binding: TensorFlow's libraries are initialized
// by then, and the binding has not made its context yet.
#include "batch_norm.h"
#include "conv3d.h"
#include "detection_loss.h"
#include "focal_loss.h"
#include "group_norm.h"
#include "reshape.h"
#include "update.h"
#include "voxel_blocks.h"

namespace {
__attribute__((constructor)) void Register() {
  gleaner::RegisterGroupNorm();
  gleaner::RegisterBatchNorm();
  gleaner::RegisterConv3d();
  gleaner::RegisterConv3dFilterGrad();
  gleaner::RegisterFocalLoss();
  gleaner::RegisterDetectionLoss();
  gleaner::RegisterVoxelBlocks();
  gleaner::RegisterUpdates();
  gleaner::RegisterReshape();
}
}  // namespace

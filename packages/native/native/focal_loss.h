#pragma once
namespace gleaner {
void RegisterFocalLoss();
}

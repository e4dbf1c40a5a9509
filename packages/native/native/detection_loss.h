#pragma once
namespace gleaner {
void RegisterDetectionLoss();
}

#pragma once
namespace gleaner {
void RegisterUpdates();
}

"""What the workers of engines.mjs for PyTorch share: the optimizer, and the loop that takes steps when it is asked to, line by line."""

import json
import resource
import sys
import time

import torch


def adamw(model):
    """AdamW with the fused kernel; only kernels decay."""
    kernels = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    return torch.optim.AdamW(
        [{"params": kernels, "weight_decay": 1e-4}, {"params": others, "weight_decay": 0}], lr=1e-3, fused=True
    )


def update(model, average, optimizer, loss):
    """The second half of a training step: gradients, clipped to a norm of 5, AdamW, and the average of the weights."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimizer.step()
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - 0.99)
    return loss.item()


def answer(**fields):
    print(json.dumps(fields), flush=True)


def serve(step, model, version):
    """Answers each line of standard input with so many steps, or with the profile of one; ends with the input."""
    answer(version=version, parameters=sum(p.numel() for p in model.parameters()))
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("profile"):
            with torch.profiler.profile() as profile:
                step()
            events = sorted(profile.key_averages(), key=lambda e: -e.self_cpu_time_total)
            answer(profile=[[e.key, e.count, e.self_cpu_time_total / 1000] for e in events[:20]])
            continue
        times, processor, losses = [], [], []
        for _ in range(request["steps"]):
            start, spent = time.perf_counter(), time.process_time()
            losses.append(step())
            times.append(time.perf_counter() - start)
            processor.append(time.process_time() - spent)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        answer(times=times, processor=processor, losses=losses, peak=peak)

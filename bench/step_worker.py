"""What the workers for PyTorch share: the plan, the optimizer, and the loop that takes steps when it is asked to, line by line.

To be imported before torch: the command line (folder, threads, how torch is loaded) is read here.
"""

import json
import os
import resource
import sys
import time

if len(sys.argv) > 3 and sys.argv[3] == "lazy":
    # Functions of CUDA that nobody calls stay unresolved (see packages/classifier/bench/pytorch-stubs.py).
    sys.setdlopenflags(os.RTLD_LAZY | os.RTLD_GLOBAL)

import torch  # noqa: E402

folder = sys.argv[1]
torch.set_num_threads(int(sys.argv[2]))
plan = json.load(open(f"{folder}/plan.json"))


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
    """Answers each line of standard input with so many steps, or with the profile of one; ends with the input.

    A step returns its loss, or what is to be listed of each step by name.
    """
    answer(version=version, parameters=sum(p.numel() for p in model.parameters()))
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("profile"):
            with torch.profiler.profile() as profile:
                step()
            events = sorted(profile.key_averages(), key=lambda e: -e.self_cpu_time_total)
            answer(profile=[[e.key, e.count, e.self_cpu_time_total / 1000] for e in events[:20]])
            continue
        times, processor, seen = [], [], {}
        for _ in range(request["steps"]):
            start, spent = time.perf_counter(), time.process_time()
            said = step()
            times.append(time.perf_counter() - start)
            processor.append(time.process_time() - spent)
            for name, value in (said if isinstance(said, dict) else {"losses": said}).items():
                seen.setdefault(name, []).append(value)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        answer(times=times, processor=processor, **seen, peak=peak)

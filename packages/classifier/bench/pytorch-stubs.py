"""Puts empty stand-ins of CUDA's libraries beside PyTorch, so that it loads without them; it then finds no GPU.

PyTorch's own libraries say which functions of which library they want; a C compiler makes libraries that have them and answer that
there is no device.
"""

import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

folder = glob.glob(sys.prefix + "/lib/python*/site-packages/torch/lib")[0]
foreign = re.compile(r"lib(cu|nv|nccl)")
no_device = 100


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


needed, versions, functions = set(), collections.defaultdict(set), collections.defaultdict(set)
for path in glob.glob(folder + "/*.so*"):
    if foreign.match(os.path.basename(path)):
        continue
    headers = output("objdump", "-p", path)
    needed.update(name for name in re.findall(r"NEEDED\s+(\S+)", headers) if foreign.match(name))
    for library, lines in re.findall(r"required from (\S+):\n((?:\s+0x.*\n)+)", headers):
        if foreign.match(library):
            versions[library].update(re.findall(r"(\S+)\n", lines))
    for name, version in re.findall(r" U (\w+)@(\S+)", output("nm", "-D", "--undefined-only", "--with-symbol-versions", path)):
        functions[version].add(name)

with tempfile.TemporaryDirectory() as scratch:
    for library in needed:
        source, script = "", ""
        for version in sorted(versions[library]):
            names = sorted(functions[version])
            # What starts with an underscore registers code when a library loads, and must succeed.
            source += "".join(f"long {name}(void) {{ return {0 if name.startswith('_') else no_device}; }}\n" for name in names)
            script += f"{version} {{ global: {' '.join(name + ';' for name in names)} }};\n"
        flags = []
        if script:
            open(f"{scratch}/versions", "w").write(script)
            flags = [f"-Wl,--version-script={scratch}/versions"]
        command = ["cc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{library}", *flags, "-x", "c", "-", "-o", f"{folder}/{library}"]
        subprocess.run(command, input=source, text=True, check=True)

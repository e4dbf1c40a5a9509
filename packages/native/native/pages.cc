// Gives pages of loaded libraries back: releasePages(part of a file name) returns how many bytes of code and constants were let go (Linux only).
// Starting TensorFlow touches some 200 MB of its library that are never read again. They are the file's own pages, so one that is read after all
// comes back from the file.
#include <node_api.h>

#include <string>
#ifdef __linux__
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace {

#ifdef __linux__
struct Search {
  std::string name;
  double bytes = 0;
};

int ReleaseOne(dl_phdr_info* library, size_t, void* data) {
  Search* search = static_cast<Search*>(data);
  if (library->dlpi_name == nullptr || std::string(library->dlpi_name).find(search->name) == std::string::npos) return 0;
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = library->dlpi_phdr[i];
    // What was written to is not in the file.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t start = (library->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
    const uintptr_t end = (library->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
    if (end > start && madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED) == 0) search->bytes += static_cast<double>(end - start);
  }
  return 0;
}
#endif

napi_value ReleasePages(napi_env env, napi_callback_info info) {
  double bytes = 0;
#ifdef __linux__
  size_t count = 1, length = 0;
  napi_value name = nullptr;
  char text[256] = "";
  napi_get_cb_info(env, info, &count, &name, nullptr, nullptr);
  if (napi_get_value_string_utf8(env, name, text, sizeof text, &length) == napi_ok && length > 0) {
    Search search;
    search.name = text;
    dl_iterate_phdr(ReleaseOne, &search);
    bytes = search.bytes;
  }
#else
  (void)info;
#endif
  napi_value result = nullptr;
  napi_create_double(env, bytes, &result);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value release;
  napi_create_function(env, "releasePages", NAPI_AUTO_LENGTH, ReleasePages, nullptr, &release);
  napi_set_named_property(env, exports, "releasePages", release);
  return exports;
}

}  // namespace

NAPI_MODULE(pages, Init)

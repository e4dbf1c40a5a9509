// Holds back what is written to standard error while a library loads: hush() begins it, restore() ends it and returns the text.
#include <node_api.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

FILE* held = nullptr;
int standard_error = -1;

napi_value Hush(napi_env, napi_callback_info) {
  if (held != nullptr) return nullptr;
  std::fflush(stderr);
  held = std::tmpfile();
  standard_error = held == nullptr ? -1 : dup(STDERR_FILENO);
  if (standard_error < 0) return nullptr;
  dup2(fileno(held), STDERR_FILENO);
  return nullptr;
}

napi_value Restore(napi_env env, napi_callback_info) {
  std::string text;
  if (standard_error >= 0) {
    std::fflush(stderr);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    standard_error = -1;
  }
  if (held != nullptr) {
    char buffer[4096];
    std::rewind(held);
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, held)) > 0;) text.append(buffer, n);
    std::fclose(held);
    held = nullptr;
  }
  napi_value result = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value hush, restore;
  napi_create_function(env, "hush", NAPI_AUTO_LENGTH, Hush, nullptr, &hush);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &restore);
  napi_set_named_property(env, exports, "hush", hush);
  napi_set_named_property(env, exports, "restore", restore);
  return exports;
}

}  // namespace

NAPI_MODULE(quiet, Init)

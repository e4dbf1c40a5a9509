// Gives each of several threads processors of its own: keepApart([thread ids]) says whether it did (on Linux only).
#include <node_api.h>

#include <vector>
#ifdef __linux__
#include <sched.h>
#endif

namespace {

bool Spread(const std::vector<int>& threads) {
#ifdef __linux__
  cpu_set_t allowed;
  if (threads.empty() || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  std::vector<int> processors;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &allowed)) processors.push_back(i);
  }
  if (processors.size() < threads.size()) return false;
  for (size_t t = 0; t < threads.size(); ++t) {
    cpu_set_t share;
    CPU_ZERO(&share);
    for (size_t i = t; i < processors.size(); i += threads.size()) CPU_SET(processors[i], &share);
    if (sched_setaffinity(threads[t], sizeof share, &share) != 0) return false;
  }
  return true;
#else
  (void)threads;
  return false;
#endif
}

napi_value KeepApart(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value list = nullptr, result = nullptr;
  napi_get_cb_info(env, info, &count, &list, nullptr, nullptr);
  uint32_t length = 0;
  std::vector<int> threads;
  if (napi_get_array_length(env, list, &length) == napi_ok) {
    for (uint32_t i = 0; i < length; ++i) {
      napi_value element = nullptr;
      int32_t thread = 0;
      if (napi_get_element(env, list, i, &element) == napi_ok && napi_get_value_int32(env, element, &thread) == napi_ok) threads.push_back(thread);
    }
  }
  napi_get_boolean(env, threads.size() == length && Spread(threads), &result);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value keep_apart;
  napi_create_function(env, "keepApart", NAPI_AUTO_LENGTH, KeepApart, nullptr, &keep_apart);
  napi_set_named_property(env, exports, "keepApart", keep_apart);
  return exports;
}

}  // namespace

NAPI_MODULE(affinity, Init)

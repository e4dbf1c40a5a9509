// A pool of threads for operators whose work splits into blocks. TensorFlow's own pool cannot be reached through its C API.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gleaner {

// Numbers too small for full precision count as 0 while this lives: they are slow, and TensorFlow's own threads flush them, so that which
// thread took a block would show in the result.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  const unsigned before_;
#elif defined(__aarch64__)
  FlushDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(before_));
    __asm__ volatile("msr fpcr, %0" ::"r"(before_ | (uint64_t{1} << 24)));
  }
  ~FlushDenormals() { __asm__ volatile("msr fpcr, %0" ::"r"(before_)); }

 private:
  uint64_t before_;
#endif
};

class Pool {
 public:
  // Never destroyed: at the end of the process its threads may still be asleep in it.
  static Pool& Get() {
    static Pool* pool = new Pool();
    return *pool;
  }

  // Calls body(block) for each block. Which thread takes which block is open, so a block must write to places of its own.
  void Run(int64_t blocks, const std::function<void(int64_t)>& body) {
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    // A second caller would only wait for the same processors.
    if (workers_ == 0 || blocks < 2 || !turn.owns_lock()) {
      const FlushDenormals flush;
      for (int64_t block = 0; block < blocks; ++block) body(block);
      return;
    }
    {
      std::lock_guard<std::mutex> hold(mutex_);
      body_ = &body;
      blocks_ = blocks;
      next_.store(0);
      round_.store(round_.load() + 1);
    }
    wake_.notify_all();
    Work(body, blocks);
    std::unique_lock<std::mutex> hold(mutex_);
    // Who has not woken by now is not waited for.
    body_ = nullptr;
    if (active_.load() == 0) return;
    hold.unlock();
    if (Spin([this] { return active_.load() == 0; })) return;
    hold.lock();
    done_.wait(hold, [this] { return active_.load() == 0; });
  }

 private:
  Pool() : workers_(Threads() - 1) {
    for (int i = 0; i < workers_; ++i) std::thread([this] { Loop(); }).detach();
  }

  // The same variable that sets the threads of TensorFlow's operators.
  static int Threads() {
    const char* said = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int asked = said == nullptr ? 0 : std::atoi(said);
    const int there = static_cast<int>(std::thread::hardware_concurrency());
    return asked > 0 ? asked : (there > 0 ? there : 1);
  }

  // Waits for a moment before it is worth to sleep, since to be woken takes as long: operators follow each other closely. Others that want the
  // processor get it.
  template <class Ready>
  static bool Spin(const Ready& ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(60);
    do {
      for (int i = 0; i < 16; ++i) {
        if (ready()) return true;
        Pause();
      }
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

  static void Pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }

  void Work(const std::function<void(int64_t)>& body, int64_t blocks) {
    const FlushDenormals flush;
    for (int64_t block = next_.fetch_add(1); block < blocks; block = next_.fetch_add(1)) body(block);
  }

  void Loop() {
    uint64_t seen = 0;
    for (;;) {
      Spin([&] { return round_.load() != seen; });
      std::unique_lock<std::mutex> hold(mutex_);
      wake_.wait(hold, [&] { return round_.load() != seen; });
      seen = round_.load();
      if (body_ == nullptr) continue;
      const auto* body = body_;
      const int64_t blocks = blocks_;
      ++active_;
      hold.unlock();
      Work(*body, blocks);
      hold.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  const int workers_;
  std::mutex turn_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t)>* body_ = nullptr;
  int64_t blocks_ = 0;
  std::atomic<int64_t> next_{0};
  std::atomic<int> active_{0};
  std::atomic<uint64_t> round_{0};
};

}  // namespace gleaner

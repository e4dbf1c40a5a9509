// What every operator here needs of TensorFlow's C API: inputs and outputs that free themselves, and a status that is reported once.
#pragma once
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

namespace gleaner {

struct Tensor {
  TF_Tensor* handle = nullptr;
  Tensor() = default;
  Tensor(Tensor&& other) noexcept : handle(other.handle) { other.handle = nullptr; }
  Tensor(const Tensor&) = delete;
  ~Tensor() {
    if (handle != nullptr) TF_DeleteTensor(handle);
  }
  float* data() const { return static_cast<float*>(TF_TensorData(handle)); }
  int rank() const { return TF_NumDims(handle); }
  int64_t dim(int i) const { return TF_Dim(handle, i); }
  int64_t size() const { return TF_TensorElementCount(handle); }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> dims(rank());
    for (int i = 0; i < rank(); ++i) dims[i] = dim(i);
    return dims;
  }
};

class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  Call(const Call&) = delete;
  ~Call() {
    if (!ok()) TF_OpKernelContext_Failure(context_, status_);
    TF_DeleteStatus(status_);
  }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  void Fail(const std::string& message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message.c_str()); }

  Tensor Input(int index) {
    Tensor tensor;
    if (ok()) TF_GetInput(context_, index, &tensor.handle, status_);
    return tensor;
  }
  Tensor Output(int index, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t dim : shape) size *= dim;
    Tensor tensor;
    if (ok()) {
      tensor.handle = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), size * sizeof(float), status_);
    }
    return tensor;
  }
  // Gives an input out as it is, or in another shape of the same size; the numbers are shared.
  void Pass(int index, const Tensor& tensor, const std::vector<int64_t>* shape = nullptr) {
    if (!ok()) return;
    if (shape == nullptr) return TF_SetOutput(context_, index, tensor.handle, status_);
    const int64_t none = 0;
    const TF_DataType type = TF_TensorType(tensor.handle);
    Tensor reshaped;
    reshaped.handle = TF_AllocateTensor(type, &none, 1, 0);
    TF_TensorBitcastFrom(tensor.handle, type, reshaped.handle, shape->data(), static_cast<int>(shape->size()), status_);
    if (ok()) TF_SetOutput(context_, index, reshaped.handle, status_);
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
};

// Reads attributes when TensorFlow makes a kernel.
class Construction {
 public:
  explicit Construction(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  Construction(const Construction&) = delete;
  ~Construction() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
    TF_DeleteStatus(status_);
  }
  int64_t Int(const char* name) {
    int64_t value = 0;
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
    return value;
  }
  std::vector<int64_t> Ints(const char* name) {
    int32_t size = 0, total = 0;
    TF_OpKernelConstruction_GetAttrSize(construction_, name, &size, &total, status_);
    std::vector<int64_t> values(TF_GetCode(status_) == TF_OK ? size : 0);
    TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), static_cast<int>(values.size()), status_);
    return values;
  }
  float Float(const char* name) {
    float value = 0;
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }
  bool Bool(const char* name) {
    unsigned char value = 0;
    TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
    return value != 0;
  }

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

// Registers an operator and its CPU kernel. Kernel is a class with Kernel(Construction&) and Compute(Call&) const.
template <class Kernel>
void Register(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs,
              std::initializer_list<const char*> attributes) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK) {
    auto create = [](TF_OpKernelConstruction* raw) -> void* {
      Construction construction(raw);
      return new Kernel(construction);
    };
    auto compute = [](void* kernel, TF_OpKernelContext* context) {
      Call call(context);
      static_cast<const Kernel*>(kernel)->Compute(call);
    };
    auto destroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
    TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", create, compute, destroy);
    TF_RegisterKernelBuilder(name, builder, status);
  }
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "Gleaner: TensorFlow refused the operator %s: %s\n", name, TF_Message(status));
  TF_DeleteStatus(status);
}

}  // namespace gleaner

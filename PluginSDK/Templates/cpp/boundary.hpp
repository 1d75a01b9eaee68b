// What stands between an agent written as a C++ class and the C tables: no exception leaves it, no memory changes owner.
#pragma once
#include <alphaloop.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace boundary {

/// An error with the status that decides what the host does. The text is for people.
struct Failure : std::runtime_error {
  al_status status;
  Failure(al_status status, const std::string &text) : std::runtime_error(text), status(status) {}
};

inline std::string_view view(al_str_v1 text) { return {text.ptr ? text.ptr : "", static_cast<size_t>(text.len)}; }

inline al_status write(al_error_v1 *err, al_status status, const char *text) noexcept {
  if (err) {
    size_t n = std::strlen(text);
    err->code = status;
    err->len = err->buf ? static_cast<uint32_t>(n < err->cap ? n : err->cap) : 0;
    if (err->buf) std::memcpy(err->buf, text, err->len);
  }
  return status;
}

/// Runs a body and turns whatever it throws into a status and a text.
template <class Body> al_status guarded(al_error_v1 *err, Body body) noexcept {
  try {
    return body();
  } catch (const Failure &failure) {
    return write(err, failure.status, failure.what());
  } catch (const std::bad_alloc &) {
    return write(err, AL_E_INTERNAL, "out of memory");
  } catch (const std::exception &error) {
    return write(err, AL_E_INTERNAL, error.what());
  } catch (...) {
    return write(err, AL_E_INTERNAL, "an exception of an unknown type");
  }
}

/// The resolved parameters: the host checked them against the schema and applied the defaults.
class Parameters {
public:
  explicit Parameters(const al_create_v1 &args) : args(args) {}
  int64_t integer(std::string_view name) const { return find(name, AL_PARAM_INTEGER).integer; }
  double number(std::string_view name) const { return find(name, AL_PARAM_NUMBER).number; }

private:
  const al_create_v1 &args;
  const al_param_v1 &find(std::string_view name, uint32_t type) const {
    for (uint32_t i = 0; i < args.n_parameters; i++) {
      const al_param_v1 &p = args.parameters[i];
      bool fits = p.type == type || (type == AL_PARAM_NUMBER && p.type == AL_PARAM_INTEGER);
      if (view(p.name) == name && fits) return p;
    }
    throw Failure(AL_E_CONFIG, "parameter '" + std::string(name) + "' is missing or of another type");
  }
};

/// Writes rows into the host's buffer, which has room for every row that the descriptor promises.
class Output {
public:
  explicit Output(al_output_v1 &c) : c(c) {}
  void abstain(uint32_t instrument, uint32_t reason) {
    al_row_v1 row{};
    row.kind = AL_ROW_ABSTAIN;
    row.instrument = instrument;
    row.reason = reason;
    append(row);
  }
  void view(uint32_t instrument, double score, double confidence, int64_t horizon) {
    al_row_v1 row{};
    row.kind = AL_ROW_VIEW;
    row.instrument = instrument;
    row.value = score;
    row.confidence = confidence;
    row.time_ns = horizon;
    append(row);
  }
  bool overflowed() const { return overflow; }

private:
  al_output_v1 &c;
  bool overflow = false;
  void append(const al_row_v1 &row) {
    if (c.len < c.cap) c.rows[c.len++] = row;
    else overflow = true;
  }
};

/// State as little-endian fields of 8 bytes.
class Writer {
public:
  std::vector<unsigned char> bytes;
  void integer(int64_t value) {
    for (int i = 0; i < 8; i++) bytes.push_back(static_cast<unsigned char>(static_cast<uint64_t>(value) >> (8 * i)));
  }
  void number(double value) {
    int64_t bits;
    std::memcpy(&bits, &value, 8);
    integer(bits);
  }
};

class Reader {
public:
  explicit Reader(std::vector<unsigned char> bytes) : bytes(std::move(bytes)) {}
  int64_t integer() {
    if (bytes.size() - position < 8) throw Failure(AL_E_DATA, "the saved state is cut short");
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value |= static_cast<uint64_t>(bytes[position++]) << (8 * i);
    return static_cast<int64_t>(value);
  }
  double number() {
    int64_t bits = integer();
    double value;
    std::memcpy(&value, &bits, 8);
    return value;
  }
  void finish() const {
    if (position != bytes.size()) throw Failure(AL_E_DATA, "the saved state has bytes too many");
  }

private:
  std::vector<unsigned char> bytes;
  size_t position = 0;
};

/// One instance of an agent class A, which has:
///   static const uint32_t max_rows, state_version;
///   A(const Parameters &), void bind(const al_universe_v1 &, al_needs_v1 &),
///   void evaluate(const al_input_v1 &, Output &), void save(Writer &) const, void restore(Reader &).
template <class A> class Instance {
public:
  static al_status create(const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) noexcept {
    return guarded(err, [&] {
      auto instance = std::make_unique<Instance>(Parameters(*args));
      *out = al_instance_v1{sizeof(al_instance_v1), 0, instance.get(), get_interface, start, stop, destroy};
      instance.release();
      return AL_OK;
    });
  }
  explicit Instance(const Parameters &parameters) : agent(parameters) {}

private:
  A agent;
  uint32_t n = 0;
  bool is_bound = false;
  bool is_started = false;

  static Instance &at(void *ctx) { return *static_cast<Instance *>(ctx); }

  static al_status bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) noexcept {
    return guarded(err, [&] {
      Instance &me = at(ctx);
      if (me.is_bound) throw Failure(AL_E_STATE, "bind is called once per instance");
      me.agent.bind(*universe, *needs);
      me.n = universe->n;
      me.is_bound = true;
      return AL_OK;
    });
  }
  static al_status evaluate(void *ctx, const al_input_v1 *input, al_output_v1 *output) noexcept {
    Instance &me = at(ctx);
    if (!me.is_bound || !me.is_started) return AL_E_STATE;
    if (input->n_instruments != me.n) return AL_E_ARGUMENT;
    output->len = 0;
    output->needed = 0;
    // Before anything changes: without room for every row the call is answered, and repeated by the host.
    if (output->cap < A::max_rows * me.n + 1) {
      output->needed = A::max_rows * me.n + 1;
      return AL_E_CAPACITY;
    }
    return guarded(nullptr, [&] {
      Output out(*output);
      me.agent.evaluate(*input, out);
      return out.overflowed() ? AL_E_INTERNAL : AL_OK;
    });
  }
  static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) noexcept {
    return guarded(err, [&] {
      if (!at(ctx).is_bound) throw Failure(AL_E_STATE, "save needs a bound instance");
      Writer writer;
      at(ctx).agent.save(writer);
      al_status status = to->write(to->ctx, writer.bytes.data(), writer.bytes.size());
      if (status != AL_OK) throw Failure(status, "the host did not take the state");
      return AL_OK;
    });
  }
  static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) noexcept {
    return guarded(err, [&] {
      Instance &me = at(ctx);
      if (!me.is_bound || me.is_started) throw Failure(AL_E_STATE, "restore needs a bound instance that is not started");
      if (version != A::state_version) throw Failure(AL_E_DATA, "this library reads another state version");
      Reader reader(read_all(*from));
      A fresh = me.agent; // so that broken bytes leave the instance as it was
      fresh.restore(reader);
      reader.finish();
      me.agent = std::move(fresh);
      return AL_OK;
    });
  }
  static std::vector<unsigned char> read_all(const al_source_v1 &from) {
    constexpr size_t limit = size_t(64) << 20;
    std::vector<unsigned char> all;
    unsigned char chunk[4096];
    for (;;) {
      int64_t n = from.read(from.ctx, chunk, sizeof chunk);
      if (n == 0) return all;
      if (n < 0 || n > static_cast<int64_t>(sizeof chunk)) throw Failure(AL_E_IO, "the state stream failed");
      if (all.size() + static_cast<size_t>(n) > limit) throw Failure(AL_E_DATA, "the saved state is too large");
      all.insert(all.end(), chunk, chunk + n);
    }
  }
  static const void *get_interface(void *, const char *id) noexcept {
    static const al_agent_v1 agent_table{sizeof(al_agent_v1), 0, bind, evaluate};
    static const al_state_v1 state_table{sizeof(al_state_v1), 0, save, restore};
    if (std::strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent_table;
    if (std::strcmp(id, AL_INTERFACE_STATE) == 0) return &state_table;
    return nullptr;
  }
  static al_status start(void *ctx, al_error_v1 *err) noexcept {
    if (at(ctx).is_started) return write(err, AL_E_STATE, "it is started already");
    at(ctx).is_started = true;
    return AL_OK;
  }
  static al_status stop(void *ctx, al_error_v1 *err) noexcept {
    if (!at(ctx).is_started) return write(err, AL_E_STATE, "it is not started");
    at(ctx).is_started = false;
    return AL_OK;
  }
  static void destroy(void *ctx) noexcept { delete static_cast<Instance *>(ctx); }
};

} // namespace boundary

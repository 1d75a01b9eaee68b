// __NAME__: long while a fast average of the closes is above a slow one, short while it is below (Appel, "Technical
// Analysis", 2005, uses the same two exponential averages). The score is the gap as a share of the slow average.
#include "boundary.hpp"

#include <algorithm>

#define ID "__ID__"

__attribute__((section(AL_NOTE_SECTION), used, retain)) static const al_note_v1 note = {
    sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "g++ " __VERSION__};

namespace {

using boundary::Failure;

constexpr int64_t day = INT64_C(86400000000000);
/// A name whose newest bar is older than half a day missed today's.
constexpr int64_t maximum_age = day / 2;

bool is_price(double value) { return std::isfinite(value) && value > 0; }

/// The newest rows of a window: the host may hold more than were asked for.
struct Rows {
  const int64_t *ts;
  const double *close;
  size_t count;

  Rows(const al_window_v1 &w, uint32_t lookback) : count(std::min(w.count, lookback)) {
    size_t start = w.first + w.count - count;
    ts = w.ts + start;
    close = w.close + start;
  }
};

/// Both averages of one instrument.
struct Average {
  double fast = 0;
  double slow = 0;
  int64_t bars = 0; // usable bars so far
  int64_t last = 0; // time of the newest bar seen, usable or not

  bool is_sound() const {
    return bars == 0 || (bars > 0 && is_price(fast) && is_price(slow));
  }

  /// Takes the rows that are newer than the last one seen. A close that is no price is left out of the averages.
  void take(const Rows &rows, double fast_share, double slow_share) {
    size_t row = rows.count;
    while (row > 0 && rows.ts[row - 1] > last) row--;
    for (; row < rows.count; row++) {
      double price = rows.close[row];
      last = rows.ts[row];
      if (!is_price(price)) continue;
      fast = bars == 0 ? price : fast + fast_share * (price - fast);
      slow = bars == 0 ? price : slow + slow_share * (price - slow);
      bars++;
    }
  }
};

class Cross {
public:
  static constexpr uint32_t max_rows = 1;
  static constexpr uint32_t state_version = 1;

  explicit Cross(const boundary::Parameters &parameters) {
    int64_t fast = parameters.integer("fast");
    int64_t slow = parameters.integer("slow");
    if (fast >= slow)
      throw Failure(AL_E_CONFIG, "parameter 'fast' is " + std::to_string(fast) + " and 'slow' is " +
                                     std::to_string(slow) + "; fast has to be the smaller one");
    slow_bars = static_cast<uint32_t>(slow);
    // The usual weight of an average over n bars: 2 / (n + 1).
    fast_share = 2 / static_cast<double>(fast + 1);
    slow_share = 2 / static_cast<double>(slow + 1);
    full = parameters.number("full");
    horizon = parameters.integer("horizon") * day;
  }

  void bind(const al_universe_v1 &universe, al_needs_v1 &needs) {
    averages.resize(universe.n);
    needs.triggers = AL_CAUSE_PANEL;
    needs.lookback = slow_bars;
    needs.warm_up = slow_bars;
    needs.columns = AL_COLUMN_CLOSE;
  }

  void evaluate(const al_input_v1 &input, boundary::Output &output) {
    for (uint32_t i = 0; i < input.n_instruments; i++) {
      const al_window_v1 *window = input.windows ? input.windows[i] : nullptr;
      if (!window || !window->close) {
        output.abstain(i, AL_REASON_MISSING_CAPABILITY);
        continue;
      }
      Rows rows(*window, slow_bars);
      averages[i].take(rows, fast_share, slow_share);
      if (uint32_t reason = fault(averages[i], rows, input.as_of_ns)) {
        output.abstain(i, reason);
      } else {
        answer(i, averages[i], output);
      }
    }
  }

  void save(boundary::Writer &writer) const {
    writer.integer(static_cast<int64_t>(averages.size()));
    for (const Average &average : averages) {
      writer.number(average.fast);
      writer.number(average.slow);
      writer.integer(average.bars);
      writer.integer(average.last);
    }
  }

  void restore(boundary::Reader &reader) {
    if (reader.integer() != static_cast<int64_t>(averages.size()))
      throw Failure(AL_E_DATA, "the state is of another universe; this one has " + std::to_string(averages.size()));
    for (Average &average : averages) {
      average.fast = reader.number();
      average.slow = reader.number();
      average.bars = reader.integer();
      average.last = reader.integer();
      if (!average.is_sound()) throw Failure(AL_E_DATA, "the saved state holds no averages of prices");
    }
  }

private:
  uint32_t slow_bars = 0;
  double fast_share = 0;
  double slow_share = 0;
  double full = 1;
  int64_t horizon = 0;
  std::vector<Average> averages;

  /// Why an instrument cannot be answered now, AL_REASON_NONE where it can.
  uint32_t fault(const Average &average, const Rows &rows, int64_t as_of) const {
    if (rows.count == 0) return AL_REASON_WARM_UP;
    if (as_of - rows.ts[rows.count - 1] > maximum_age) return AL_REASON_STALE;
    if (!std::all_of(rows.close, rows.close + rows.count, is_price)) return AL_REASON_INVALID_DATA;
    return average.bars < slow_bars ? AL_REASON_WARM_UP : AL_REASON_NONE;
  }

  void answer(uint32_t i, const Average &average, boundary::Output &output) const {
    double gap = (average.fast - average.slow) / average.slow;
    double score = std::max(-1.0, std::min(1.0, gap / full));
    if (score == 0) return output.abstain(i, AL_REASON_NO_SIGNAL);
    // A cross knows nothing of its own certainty; the gap is in the score already.
    output.view(i, score, 0.5, horizon);
  }
};

al_status create(const al_host_v1 *, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  if (boundary::view(args->id) != ID) return boundary::write(err, AL_E_ARGUMENT, "this library has " ID " only");
  return boundary::Instance<Cross>::create(args, out, err);
}

const char *const interfaces[] = {AL_INTERFACE_AGENT, AL_INTERFACE_STATE, nullptr};

const char parameters[] = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
                          R"("additionalProperties":false,"properties":{)"
                          R"("fast":{"type":"integer","default":10,"minimum":1,"maximum":500,)"
                          R"("description":"bars of the fast average"},)"
                          R"("slow":{"type":"integer","default":30,"minimum":2,"maximum":1000,)"
                          R"("description":"bars of the slow average; above fast"},)"
                          R"("full":{"type":"number","default":0.05,"minimum":0.0001,"maximum":10,)"
                          R"("description":"gap, as a share of the slow average, that scores 1 or -1"},)"
                          R"("horizon":{"type":"integer","default":5,"minimum":1,"maximum":250,)"
                          R"("description":"days that a view is meant for"}}})";

const al_descriptor_v1 descriptor = [] {
  al_descriptor_v1 d{};
  d.size = sizeof d;
  d.kinds = AL_KIND_AGENT;
  d.flags = AL_FLAG_DETERMINISTIC;
  d.inputs = AL_IN_BARS;
  d.outputs = AL_OUT_VIEW;
  d.id = ID;
  d.name = "__NAME__";
  d.vendor = "you";
  d.version = "1.0.0";
  d.license = "Apache-2.0";
  d.summary = "Exponential moving average cross: the sign and size of the gap";
  d.family = "";
  d.parameters = parameters;
  d.interfaces = interfaces;
  d.tier = AL_TIER_SENIOR;
  d.warm_up = 30;
  d.max_rows = Cross::max_rows;
  d.state_version = Cross::state_version;
  d.min_state_version = Cross::state_version;
  return d;
}();

const al_descriptor_v1 *const descriptors[] = {&descriptor};

const al_entry_v1 entry = {sizeof(al_entry_v1), AL_ABI_MAJOR, AL_ABI_MINOR, 0, 1, 0, descriptors, create};

} // namespace

extern "C" const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t) {
  return host_major == AL_ABI_MAJOR ? &entry : nullptr;
}

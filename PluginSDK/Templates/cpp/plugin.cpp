// __NAME__: long while a fast average of the closes is above a slow one, short while it is below (Appel, "Technical
// Analysis", 2005, uses the same two exponential averages). The score is the gap as a share of the slow average.
#include "boundary.hpp"

#include <algorithm>

#define ID "__ID__"

__attribute__((section(AL_NOTE_SECTION), used, retain)) static const al_note_v1 note = {
    sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "g++ " __VERSION__};

namespace {

using boundary::Failure;

/// Both averages of one instrument.
struct Average {
  enum class News { nothing, invalid, bar };

  double fast = 0;
  double slow = 0;
  int64_t bars = 0; // usable bars so far
  int64_t last = 0; // time of the newest bar seen, usable or not

  bool is_sound() const {
    return bars >= 0 && (bars == 0 || (std::isfinite(fast) && std::isfinite(slow) && fast > 0 && slow > 0));
  }

  /// Takes the rows that are newer than the last one seen. A close that is no price is left out of the averages.
  News take(const al_window_v1 &w, uint32_t lookback, double fast_share, double slow_share) {
    // The host may hold more rows than were asked for: read the newest `lookback` only.
    uint32_t end = w.first + w.count;
    uint32_t start = end - std::min(w.count, lookback);
    uint32_t row = end;
    while (row > start && w.ts[row - 1] > last) row--;
    if (row == end) return News::nothing;
    News news = News::nothing;
    for (; row < end; row++) {
      double price = w.close[row];
      if (!std::isfinite(price) || price <= 0) {
        news = News::invalid;
        continue;
      }
      fast = bars == 0 ? price : fast + fast_share * (price - fast);
      slow = bars == 0 ? price : slow + slow_share * (price - slow);
      bars++;
      news = News::bar;
    }
    last = w.ts[end - 1];
    return news;
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
    horizon = parameters.integer("horizon") * INT64_C(86400000000000);
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
      Average &average = averages[i];
      switch (average.take(*window, slow_bars, fast_share, slow_share)) {
      case Average::News::nothing: // the last answer holds
        break;
      case Average::News::invalid:
        output.abstain(i, AL_REASON_INVALID_DATA);
        break;
      case Average::News::bar:
        answer(i, average, output);
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

  void answer(uint32_t i, const Average &average, boundary::Output &output) const {
    if (average.bars < slow_bars) return output.abstain(i, AL_REASON_WARM_UP);
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

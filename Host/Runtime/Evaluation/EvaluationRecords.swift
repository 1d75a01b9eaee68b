import AlphaLoopCore
import CAlphaLoop

/// The bars of one symbol, oldest first, times strictly rising. A column that the series lacks is nil.
struct EvaluationBars {
  var times: [Int64] = []
  var open: [Double]?
  var high: [Double]?
  var low: [Double]?
  var close: [Double]?
  var volume: [Double]?

  var columns: UInt32 {
    (open == nil ? 0 : AL_COLUMN_OPEN) | (high == nil ? 0 : AL_COLUMN_HIGH) | (low == nil ? 0 : AL_COLUMN_LOW)
      | (close == nil ? 0 : AL_COLUMN_CLOSE) | (volume == nil ? 0 : AL_COLUMN_VOLUME)
  }
}

/// A published value; `subject` is the symbol, or empty for macro series.
struct EvaluationFact {
  var subject: String
  var name: String
  var period: Int64
  var known: Int64
  var value: Double
}

struct EvaluationOption {
  var underlying: String
  var row: al_option_v1
}

struct EvaluationQuote {
  var symbol: String
  var row: al_quote_v1
}

struct EvaluationTrade {
  var symbol: String
  var row: al_trade_v1
}

struct EvaluationNews {
  /// Empty: of no instrument.
  var symbol: String
  var published: Int64
  var known: Int64
  var headline: String
  var body: String
  var source: String
  var sentiment: Double
  var id: String
}

struct EvaluationEvent {
  /// Empty: of no instrument.
  var symbol: String
  var kind: UInt32
  var date: Int64
  var known: Int64
  var value: Double
  var value2: Double
  var subject: String
  var text: String
}

/// The account as of a moment; amounts in 1e-8 units, nil where the file leaves them to be derived.
struct EvaluationAccount {
  struct Position {
    var symbol: String
    var quantity: Int64
    var committed: Int64?
    var averageCost: Int64
    var last: Int64?
    var realised: Int64
    var fees: Int64
  }

  struct Work {
    var symbol: String
    var total: Int64
    var remaining: Int64
    var working: Int64
    var start: Int64
    var end: Int64
    var limit: Int64
  }

  /// `Int64.min`: from the beginning.
  var asOf: Int64
  var equity: Int64?
  var cash: Int64?
  var peakEquity: Int64?
  var dayStartEquity: Int64?
  var initialCash: Int64?
  var halt: UInt32
  var positions: [Position]
  var work: [Work]
}

/// A row of another agent; `agent` empty: the host's own proposal.
struct EvaluationView {
  var asOf: Int64
  var agent: String
  /// Empty: of no instrument.
  var symbol: String
  var kind: UInt16
  var value: Double
  var confidence: Double
  var horizon: Int64
  var name: String
}

/// Another agent's record as of a moment.
struct EvaluationRecord {
  var asOf: Int64
  var agent: String
  var id: String
  var tier: UInt32
  var weight: Double
  var wins: UInt32
  var losses: UInt32
  var sumWin: Double
  var sumLoss: Double
  var lastReturn: Double
}

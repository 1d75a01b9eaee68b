import TWSProtocol

/// How the bytes of another client relate to ours for the same call. What is accepted besides equal bytes: the same
/// number in other digits and another spelling of "not stated", in the fields where such numbers stand, and three defaults
/// of other clients, each in its one field.
struct TWSFrameComparison {
  enum Outcome: Equatable {
    case identical
    case spelled
    /// Older clients put a count of options before the options of the two calculations.
    case countedOptions
    case different(String)
    var isAccepted: Bool { if case .different = self { false } else { true } }
  }

  /// What may differ in a field that is not plain text.
  enum Kind { case number, size, strike, openClose, priceManagement }

  let method: String
  let ours: [UInt8]
  /// The positions of fields in which a spelling may differ.
  let kinds: [Int: Kind]

  /// The positions are found by changing one attribute of the call at a time.
  init(_ vector: TWSRequestVectors.Vector) throws {
    guard let version = ServerVersion(vector.serverVersion) else { throw TWSVectorError("\(vector.serverVersion)") }
    method = vector.method
    ours = try twsRequest(vector.method, vector.arguments).frame(version)
    let plain = Self.fields(ours)
    var kinds: [Int: Kind] = [:]
    for (part, key, kind) in Self.attributes where vector.arguments.has(part) {
      let inner = try vector.arguments.object(part)
      // A number with another sign or an added infinity would bring other fields along.
      let value: Any =
        switch kind {
        case .number, .strike: inner.double(key).map { $0 + 1 } ?? -1
        case .size: "77.25"
        case .openClose: inner.text(key) == "C" ? "O" : "C"
        case .priceManagement: !(inner.optionalFlag(key) ?? false)
        }
      let changed = try twsRequest(vector.method, vector.arguments.setting(part, key, to: value)).frame(version)
      let other = Self.fields(changed)
      guard other.count == plain.count else { throw TWSVectorError("\(key) moves fields of \(vector.name)") }
      let places = plain.indices.filter { plain[$0] != other[$0] }
      guard places.count < 2 else { throw TWSVectorError("\(key) stands at \(places) of \(vector.name)") }
      if let place = places.first { kinds[place] = kind }
    }
    self.kinds = kinds
  }

  func outcome(_ theirs: [UInt8]) -> Outcome {
    if theirs == ours { return .identical }
    guard theirs.count >= 5, theirs.last == 0, theirs == FrameSplitter.frame(Array(theirs.dropFirst(4))) else {
      return .different("no frame")
    }
    let mine = Self.fields(ours)
    var other = Self.fields(theirs)
    var isCounted = false
    if method == "calculateImpliedVolatility" || method == "calculateOptionPrice", other.count == mine.count + 1,
      other[other.count - 2] == "0"
    {
      other.remove(at: other.count - 2)
      isCounted = true
    }
    guard mine.count == other.count else { return .different("\(other.count) fields, not \(mine.count)") }
    for place in mine.indices where mine[place] != other[place] {
      guard let kind = kinds[place], Self.isSame(mine[place], other[place], kind) else {
        return .different("field \(place): '\(mine[place])', theirs '\(other[place])'")
      }
    }
    return isCounted ? .countedOptions : .spelled
  }

  static func fields(_ frame: [UInt8]) -> [String] {
    frame.dropFirst(4).split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  static func frame(_ fields: [String]) -> [UInt8] { FrameSplitter.frame(fields.flatMap { Array($0.utf8) + [0] }) }

  private static func isSame(_ a: String, _ b: String, _ kind: Kind) -> Bool {
    switch kind {
    case .number: isSameNumber(a, b) || isUnset(a) && isUnset(b)
    case .size: WireDecimal(a).map { $0 == WireDecimal(b) } ?? false
    case .strike: Set([a, b]) == ["", "0.0"]
    case .openClose: Set([a, b]) == ["", "O"]
    case .priceManagement: Set([a, b]) == ["", "0"]
    }
  }

  private static func isUnset(_ text: String) -> Bool {
    ["", "1.7976931348623157e+308", "2147483647"].contains(text)
  }

  private static func isSameNumber(_ a: String, _ b: String) -> Bool {
    guard let a = Double(a), let b = Double(b), a.isFinite else { return false }
    return a == b
  }

  private static let attributes: [(String, String, Kind)] =
    [
      ("contract", "strike", .strike), ("order", "openClose", .openClose), ("order", "totalQuantity", .size),
      ("order", "usePriceMgmtAlgo", .priceManagement),
    ]
    + [
      "lmtPrice", "auxPrice", "discretionaryAmt", "minQty", "percentOffset", "startingPrice", "stockRefPrice", "delta",
      "stockRangeLower", "stockRangeUpper", "volatility", "volatilityType", "deltaNeutralAuxPrice",
      "referencePriceType", "trailStopPrice", "trailingPercent", "scaleInitLevelSize", "scaleSubsLevelSize",
      "scalePriceIncrement", "scalePriceAdjustValue", "scalePriceAdjustInterval", "scaleProfitOffset",
      "scaleInitPosition", "scaleInitFillQty", "peggedChangeAmount", "referenceChangeAmount", "triggerPrice",
      "lmtPriceOffset", "adjustedStopPrice", "adjustedStopLimitPrice", "adjustedTrailingAmount", "cashQty", "duration",
      "postToAts", "minTradeQty", "minCompeteSize", "competeAgainstBestOffset", "midOffsetAtWhole", "midOffsetAtHalf",
    ].map { ("order", $0, Kind.number) }
}

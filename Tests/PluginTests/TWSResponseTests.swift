import Foundation
import TWSProtocol
import Testing

/// How the bytes of a connection arrive.
private enum Arrival: CaseIterable {
  case frameByFrame, glued, byteByByte
}

private func callbacks(_ vector: Vector, _ frames: [[UInt8]], _ arrival: Arrival) throws -> [VectorCallback] {
  let version = try #require(ServerVersion(vector.version))
  let mapping = ResponseMapping(isOld: vector.client.contains("10.19"))
  var splitter = FrameSplitter()
  var all: [VectorCallback] = []
  func drain() throws {
    while let payload = try splitter.next() {
      let message = try Response.receive(payload, version)
      if message.surplus > 0 { throw WireError.malformed(field: "surplus", text: String(message.surplus)) }
      all += mapping.callbacks(message.response)
    }
  }
  switch arrival {
  case .frameByFrame:
    for frame in frames {
      splitter.feed(frame)
      try drain()
    }
  case .glued:
    splitter.feed(frames.flatMap { $0 })
    try drain()
  case .byteByByte:
    for byte in frames.joined() {
      splitter.feed(CollectionOfOne(byte))
      try drain()
    }
  }
  #expect(splitter.pending == 0)
  return all
}

@Suite struct TWSResponseTests {
  @Test func everyVectorIsDecodedAsThePublishedClientsReportIt() throws {
    let vectors = try Vector.all()
    var agreeing = 0
    for vector in vectors {
      var found: [String] = []
      for arrival in Arrival.allCases {
        do {
          let ours = try callbacks(vector, vector.bytes, arrival)
          found += VectorComparison.differences(ours, vector.callbacks).map { "\(arrival): \($0)" }
        } catch { found.append("\(arrival): \(error)") }
      }
      if found.isEmpty { agreeing += 1 } else { Issue.record("\(vector.label): \(found.joined(separator: "; "))") }
    }
    print("TWSResponse: \(agreeing) of \(vectors.count) vectors agree")
    #expect(agreeing == vectors.count && vectors.count >= 255)
  }

  /// Every field removed in turn, and every field changed in turn: none may agree, but for changes of fields that mean
  /// nothing (constants, the old allocation, retired and unused ones).
  @Test func aVectorWithAFieldRemovedOrChangedDoesNotAgree() throws {
    var (removed, changed, ignored, missed) = (0, 0, [String: Int](), [String]())
    for vector in try Vector.all() {
      var fields = vector.bytes[0].dropFirst(4).split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
      fields.removeLast()
      let id = fields.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
      func agrees(_ fields: [[UInt8]]) -> Bool {
        let frame = FrameSplitter.frame(fields.flatMap { $0 + [0] })
        guard let ours = try? callbacks(vector, [frame] + vector.bytes.dropFirst(), .glued) else { return false }
        return VectorComparison.differences(ours, vector.callbacks).isEmpty
      }
      for index in fields.indices {
        var other = fields
        other.remove(at: index)
        removed += 1
        if agrees(other) { missed.append("\(vector.label) without field \(index)") }
        other = fields
        other[index] = Self.changed(fields[index])
        changed += 1
        if agrees(other) { ignored["\(id):\(index)", default: 0] += 1 }
      }
    }
    print("TWSResponse: \(removed) removals, \(changed) changes; ignored \(ignored.keys.sorted())")
    #expect(missed.isEmpty && removed > 5000, "\(missed)")
    let constants = [
      1, 2, 4, 6, 7, 8, 9, 12, 13, 14, 15, 45, 46, 49, 50, 52, 53, 54, 55, 57, 58, 59, 61, 62, 63, 64, 71, 72, 73, 74,
    ]
    // A size without a size tick; a zone beside a zone; the id of a history without bars; what openOrder and completedOrder
    // retired, and the first of their two trailing stops.
    let others = [
      "1:5", "10:4", "17:1", "5:30", "5:34", "5:54", "5:55", "5:56", "5:57", "5:73", "5:74", "101:31", "101:60",
      "101:61", "96:4", "96:8",
    ]
    let surprising = Set(ignored.keys).subtracting(constants.map { "\($0):1" }).subtracting(others)
    #expect(surprising.isEmpty, "\(surprising.sorted())")
  }

  /// Another value of the same kind.
  private static func changed(_ field: [UInt8]) -> [UInt8] {
    switch String(decoding: field, as: UTF8.self) {
    case "": Array("1".utf8)
    case "0": Array("1".utf8)
    case "1": Array("0".utf8)
    case "8": Array("9".utf8)
    case let text where Double(text) != nil: Array("8".utf8)
    default: field + Array("x".utf8)
    }
  }

  @Test func theGreetingIsReadWhateverTheClockSays() throws {
    let plain = try ServerGreeting(Array("200\u{0}20261122 14:00:25 US/Eastern\u{0}".utf8)[...])
    #expect(plain.version?.number == 200 && plain.clock == "20261122 14:00:25 US/Eastern")
    let broken = try ServerGreeting((Array("187\u{0}".utf8) + [0xC3, 0x28, 0xFF, 0])[...])
    #expect(broken.version?.number == 187 && broken.clock.contains("\u{FFFD}"))
    let cut = try ServerGreeting(Array("200\u{0}".utf8)[...])
    #expect(cut.number == 200 && cut.clock.isEmpty)
    let newer = try ServerGreeting(Array("203\u{0}x\u{0}".utf8)[...])
    #expect(newer.number == 203 && newer.version == nil)
    #expect(throws: WireError.self) { try ServerGreeting([]) }
  }

  @Test func everySpellingOfUnsetIsUnderstood() throws {
    func reader(_ text: String) -> FieldReader { FieldReader((Array(text.utf8) + [0])[...]) }
    for text in ["", "2147483647", "9223372036854775807", "1.7976931348623157E308", "-9223372036854775808"] {
      var fields = reader(text)
      #expect(try fields.optionalDecimal("size") == nil, "\(text)")
    }
    for text in ["", "1.7976931348623157E308", "1.7976931348623157e+308"] {
      var fields = reader(text)
      #expect(try fields.optionalDouble("price") == nil, "\(text)")
    }
    for text in ["", "2147483647", "9223372036854775807"] {
      var fields = reader(text)
      #expect(try fields.optionalInt("count") == nil, "\(text)")
    }
    for (text, value) in [("1.0E-5", 1e-5), ("Infinity", .infinity), ("-1.15", -1.15), ("0.0", 0)] {
      var fields = reader(text)
      #expect(try fields.double("price") == value, "\(text)")
    }
    for text in ["1E999", "0x10", "nan", " 1", "1,5", "--1"] {
      var fields = reader(text)
      #expect(throws: WireError.malformed(field: "price", text: text)) { try fields.double("price") }
    }
    var wide = reader("2147483648")
    #expect(throws: WireError.malformed(field: "orderId", text: "2147483648")) { try wide.int("orderId") }
    var exponent = reader("1E-9223372036854775808")
    #expect(throws: WireError.self) { try exponent.decimal("size") }
  }

  @Test func escapesAreResolvedOnceAndBrokenTextIsRepaired() throws {
    func unescaped(_ bytes: [UInt8]) throws -> String {
      var fields = FieldReader((bytes + [0])[...])
      return try fields.escapedText("text")
    }
    #expect(try unescaped(Array(#"f\u00fcr\n\\u0041 \"x\""#.utf8)) == "f\u{FC}r\n\\u0041 \"x\"")
    #expect(try unescaped(Array(#"\ud83d\ude00 \ud83d \u12"#.utf8)) == "\u{1F600} \u{FFFD} \\u12")
    #expect(try unescaped(Array(#"a\"#.utf8)) == #"a\"#)
    #expect(try unescaped([0x41, 0xFF]) == "A\u{FFFD}")
  }

  @Test func aForgedCountIsRefusedAndLostStateIsTold() throws {
    let version = try #require(ServerVersion(200))
    func decode(_ text: String) throws -> ReceivedMessage {
      try Response.receive(Array(text.replacing("|", with: "\u{0}").utf8)[...], version)
    }
    #expect(throws: WireError.impossibleCount(field: "barCount", 2_147_483_647)) { try decode("17|1|2147483647|x|") }
    #expect(throws: WireError.impossibleCount(field: "incrementCount", -1)) { try decode("93|26|-1|0.0|0.01|") }
    #expect(throws: WireError.missing(field: "orderId")) { try decode("9|1|4") }
    #expect(try decode("9|1|4|more|") == ReceivedMessage(response: .nextValidId(orderId: 4), surplus: 1))
    #expect(try decode("777|a||b|").response == .unknown(id: 777, fields: ["a", "", "b"]))
    for (text, loses) in [("5|x|", true), ("3|", true), ("11|0|", true), ("4|x|", false), ("", false), ("5", false)] {
      #expect(Response.losesState(Array(text.replacing("|", with: "\u{0}").utf8)[...]) == loses, "\(text)")
    }
  }
}

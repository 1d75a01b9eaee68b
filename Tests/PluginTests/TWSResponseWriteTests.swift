import Foundation
import TWSProtocol
import Testing

@Suite struct TWSResponseWriteTests {
  /// Recorded frames that spell a number in another way, and the fields: a tick of 0.0001 with an exponent.
  private static let spelledOtherwise = ["market_rule@176": [4], "market_rule@200": [4]]

  @Test func everyRecordedFrameComesBackByteForByte() throws {
    var (same, frames, others) = (0, 0, [String: [Int]]())
    for vector in try Vector.all() {
      let version = try #require(ServerVersion(vector.version))
      for frame in vector.bytes {
        frames += 1
        let ours = try Response.decode(frame.dropFirst(4), version).frame(version)
        if ours == frame {
          same += 1
          continue
        }
        let (a, b) = (TWSFrameComparison.fields(frame), TWSFrameComparison.fields(ours))
        #expect(a.count == b.count, "\(vector.label)")
        let places = zip(a, b).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
        others[vector.label] = places
        #expect(
          places.allSatisfy { Double(a[$0]) != nil && Double(a[$0]) == Double(b[$0]) },
          "\(vector.label): \(places.map { "\($0) \(a[$0]) \(b[$0])" })")
      }
    }
    print("TWSResponse: \(same) of \(frames) frames come back byte for byte; not \(others.keys.sorted())")
    #expect(others == Self.spelledOtherwise && frames >= 258 && same == frames - others.count)
  }

  /// The bytes hold what the message holds: with any other value they are others.
  @Test func aChangedMessageIsWrittenOtherwise() throws {
    let version = try #require(ServerVersion(200))
    var (changes, missed) = (0, [String]())
    for vector in try Vector.all() where vector.version == 200 {
      for frame in vector.bytes {
        let fields = TWSFrameComparison.fields(frame)
        for place in fields.indices.dropFirst() {
          var changed = fields
          changed[place] = Double(fields[place]) == nil ? fields[place] + "x" : fields[place] == "7" ? "3" : "7"
          let bytes = TWSFrameComparison.frame(changed)
          guard let other = try? Response.decode(bytes.dropFirst(4), version) else { continue }
          let before = try Response.decode(frame.dropFirst(4), version)
          if other == before { continue }
          changes += 1
          if try other.frame(version) == before.frame(version) { missed.append("\(vector.label):\(place)") }
        }
      }
    }
    #expect(missed.isEmpty && changes > 2000, "\(missed.prefix(5)) of \(changes)")
  }

  /// Every message, written for every version, is read again without a field too many or too few.
  @Test func everyVersionReadsWhatIsWrittenForIt() throws {
    var written = 0
    for vector in try Vector.all() {
      let recorded = try #require(ServerVersion(vector.version))
      for frame in vector.bytes {
        let response = try Response.decode(frame.dropFirst(4), recorded)
        for number in ServerVersion.supported {
          let version = try #require(ServerVersion(number))
          let payload: [UInt8]
          do { payload = try response.payload(version) } catch {
            // Only what the version does not have at all may be refused.
            guard case WireError.needsVersion(let least, _) = error else { throw error }
            #expect(number < least && least <= recorded.number, "\(vector.label) for \(number)")
            continue
          }
          let again = try Response.receive(payload[...], version)
          #expect(again.surplus == 0, "\(vector.label) for \(number)")
          if number == recorded.number { #expect(again.response == response, "\(vector.label)") }
          let twice = try Response.decode(again.response.payload(version)[...], version)
          #expect(twice == again.response, "\(vector.label) for \(number)")
          written += 1
        }
      }
    }
    #expect(written > 6000)
  }

  @Test func numbersAreSpelledAsTheServerSpellsThem() throws {
    let version = try #require(ServerVersion(200))
    func spelled(_ value: Double) throws -> String {
      let bytes = try Response.pnl(PnL(daily: value)).payload(version)
      return String(decoding: bytes.split(separator: 0)[2], as: UTF8.self)
    }
    let cases: [(Double, String)] = [
      (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (185.25, "185.25"), (1e-5, "1.0E-5"), (0.001, "0.001"),
      (0.00025, "2.5E-4"), (9_999_999.5, "9999999.5"), (1e7, "1.0E7"), (12_345_678.25, "1.234567825E7"),
      (-12_345_678.25, "-1.234567825E7"), (1e16, "1.0E16"), (1.5e300, "1.5E300"), (.leastNonzeroMagnitude, "5.0E-324"),
      (.greatestFiniteMagnitude, "1.7976931348623157E308"), (.infinity, "Infinity"),
      (123_456_789_012, "1.23456789012E11"),
    ]
    for (value, text) in cases { #expect(try spelled(value) == text) }
  }

  @Test func textIsEscapedWhereTheClientResolvesIt() throws {
    let version = try #require(ServerVersion(200))
    var error = ErrorMessage()
    (error.reqId, error.errorCode, error.errorTime) = (4, 201, 1)
    error.errorString = "f\u{FC}r \u{1F600}\n\\u0041 \"x\""
    let bytes = try Response.error(error).payload(version)
    #expect(
      bytes.allSatisfy { $0 < 127 } && String(decoding: bytes, as: UTF8.self).contains(#"f\u00fcr \ud83d\ude00\n"#))
    #expect(try Response.decode(bytes[...], version) == .error(error))
    error.errorString = "\u{0}"
    #expect(try Response.decode(Response.error(error).payload(version)[...], version) == .error(error))
    #expect(throws: WireError.unprintable(field: "timeStamp")) {
      try Response.accountUpdateTime(timeStamp: "a\u{0}").payload(version)
    }
  }
}

extension PnL {
  fileprivate init(daily: Double) {
    self.init()
    dailyPnL = daily
  }
}

import AlphaLoopCSV
import Foundation
import Testing

@Suite("Timestamps")
struct FilesTimeTests {
  private func time(_ text: String, _ format: TimestampFormat = TimestampFormat()) throws -> Int64? {
    let options = CSVOptions(time: format, onBadRow: .skip)
    return try table("t\n\(text)\n", [CSVColumn("t", .timestamp)], options).timestamps("t")?.first
  }

  @Test(
    "dates, zones and epochs are recognised",
    arguments: [
      ("2016-07-05", "2016-07-05T20:00:00Z"), ("20160105", "2016-01-05T21:00:00Z"),
      ("2016-01-05T10:00:00Z", "2016-01-05T10:00:00Z"), ("2016-01-05 10:00:00", "2016-01-05T10:00:00Z"),
      ("2016-01-05 10:00", "2016-01-05T10:00:00Z"), ("2016-01-05T10:00:00-05:00", "2016-01-05T15:00:00Z"),
      ("2016-01-05 10:00:00+0530", "2016-01-05T04:30:00Z"), ("2016-01-05 10:00:00 UTC", "2016-01-05T10:00:00Z"),
      ("2016-01-05 10:00:00.000 +02", "2016-01-05T08:00:00Z"), ("1451988000", "2016-01-05T10:00:00Z"),
      ("1451988000000", "2016-01-05T10:00:00Z"), ("1451988000000000", "2016-01-05T10:00:00Z"),
      ("1451988000000000000", "2016-01-05T10:00:00Z"), ("1451988000.0", "2016-01-05T10:00:00Z"),
      ("1927-12-30", "1927-12-30T21:00:00Z"),
    ])
  func recognised(_ text: String, _ expected: String) throws {
    #expect(try time(text) == nanoseconds(expected))
  }

  @Test("fractions keep nanoseconds, before 1970 too")
  func fractions() throws {
    #expect(try time("1970-01-01T00:00:00.000000001Z") == 1)
    #expect(try time("1969-12-31T23:59:59.5Z") == -500_000_000)
    #expect(try time("-1.5", TimestampFormat(notation: .epochSeconds)) == -1_500_000_000)
    #expect(try time("7", TimestampFormat(notation: .epochMicroseconds)) == 7_000)
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "2016-13-01", "2015-02-29", "2016-1-5", "2016-01-05T", "2016-01-05T24:00", "2016-01-05T10:00:61Z",
      "2016-01-05T10:00:00+99", "2016-01-05X10:00", "1e30", "today", "1500-01-01", "99999999",
    ])
  func refused(_ text: String) throws { #expect(try time(text) == nil) }

  @Test("a naive time takes the zone given; the doubled hour of autumn is its first showing")
  func naiveZone() throws {
    let newYork = TimestampFormat(naiveZone: .newYork)
    #expect(try time("2016-01-05 09:30:00", newYork) == nanoseconds("2016-01-05T14:30:00Z"))
    #expect(try time("2016-11-06 01:30:00", newYork) == nanoseconds("2016-11-06T05:30:00Z"))
    #expect(try time("2016-11-06 02:00:00", newYork) == nanoseconds("2016-11-06T07:00:00Z"))
    let tokyo = TimestampFormat(dateSecondOfDay: 15 * 3600, dateZone: .fixed(seconds: 9 * 3600))
    #expect(try time("2016-01-05", tokyo) == nanoseconds("2016-01-05T06:00:00Z"))
  }

  @Test("the close of every day from 1900 to 2100 equals the time zone database's")
  func database() throws {
    guard let zone = TimeZone(identifier: "America/New_York") else { return }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    for day in Int64(-25_567)..<47_482 {
      let expected = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(day * 86_400 + 21 * 3600))))
      let found = TimeZoneRule.newYork.offset(localDay: day, second: 16 * 3600)
      if found != expected { Issue.record("\(CivilDate(day: day)): \(found), database \(expected)") }
    }
  }

  @Test("a date and its day number are inverse over 400 years and a day")
  func dates() {
    for day in Int64(-200_000)...200_000 {
      let date = CivilDate(day: day)
      if date.dayNumber != day || !date.isValid { Issue.record("\(day)") }
    }
    #expect(CivilDate(year: 2000, month: 3, day: 1).dayNumber == 11_017)
  }
}

@Suite("Tables from CSV files")
struct FilesTableTests {
  @Test("columns are typed, optional ones may lack, empty fields are marked")
  func typed() throws {
    let columns = [
      CSVColumn("symbol", .text, aliases: ["ticker"]), CSVColumn("published", .timestamp, allowsEmpty: true),
      CSVColumn("value", .number, allowsEmpty: true), CSVColumn("unit", .text, isRequired: false),
    ]
    let loaded = try table("Ticker,note,value,published\nA,\"x \"\"y\"\"\",-1.5,2016-01-05T00:00Z\nB,,,\n", columns)
    #expect(loaded.texts("symbol") == ["A", "B"])
    #expect(loaded.numbers("value")?[0] == -1.5)
    #expect(loaded.numbers("value")?[1].isNaN == true)
    #expect(try loaded.timestamps("published") == [nanoseconds("2016-01-05T00:00:00Z"), CSVTable.noTime])
    #expect(loaded.lines == [2, 3])
    #expect(loaded.ignoredColumns == ["note"])
    #expect(!loaded.has("unit"))
    #expect(loaded.texts("value") == nil)
  }

  @Test("a quoted field keeps its line break and halves its quotes; later lines keep their numbers")
  func multiline() throws {
    let columns = [CSVColumn("text", .text), CSVColumn("n", .number)]
    let loaded = try table("text,n\n\"a \"\"b\"\"\nc\",1\nd,x\ne,2\n", columns, CSVOptions(onBadRow: .skip))
    #expect(loaded.texts("text") == ["a \"b\"\nc", "e"])
    #expect(loaded.lines == [2, 5])
    #expect(loaded.badRows.first.map(\.line) == [4])
  }

  @Test("a missing column is named with those present")
  func missing() {
    #expect(throws: CSVError.header(path: "t.csv", problem: "no column value; the header has a, b")) {
      try table("a,b\n", [CSVColumn("value", .number)])
    }
  }
}

@Suite("Hostile CSV bytes")
struct FilesFuzzTests {
  @Test("mutated files load or are refused; what loads obeys every rule of a bar", arguments: [1, 2, 3, 4] as [UInt64])
  func mutated(_ seed: UInt64) {
    let sound = Array(
      """
      symbol,date,open,high,low,close,volume
      A,2016-01-04,1.5,2,1,1.25,100
      "A",2016-01-05 10:00:00Z,1.5,2,1,1.25,1e2
      "B,""x",20160106,1.5,2,1,1.25,0.00000001

      """.utf8)
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("0129.-+eE,;\"\n\r \tTZ:AaNn\u{0}".utf8) + [0xEF, 0xBB, 0xFF]
    var loaded = 0
    for _ in 0..<4_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        case 1: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        }
        if bytes.isEmpty { bytes = [0x0A] }
      }
      let options = BarFileOptions(csv: CSVOptions(onBadRow: .skip))
      let read = try? bytes.withUnsafeBytes { try BarFile($0, path: "f.csv", options: options) }
      guard let file = read else { continue }
      if file.barCount > 0 { loaded += 1 }
      for series in file.series {
        #expect(zip(series.timestamps, series.timestamps.dropFirst()).allSatisfy { $0 < $1 })
        #expect(series.close.allSatisfy { $0 > 0 })
        #expect(series.close.count == series.count)
        if file.columns.contains([.high, .low]) {
          #expect(zip(series.high, series.low).allSatisfy { $0 >= $1 })
          #expect(zip(series.high, series.close).allSatisfy { $0 >= $1 })
        }
      }
    }
    #expect(loaded > 1_000, "the mutations must leave enough files that load")
  }
}

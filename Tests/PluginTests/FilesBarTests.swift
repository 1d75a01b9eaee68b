import AlphaLoopCSV
import Testing

@Suite("Bars from CSV files")
struct FilesBarTests {
  private func skipping(_ maximum: Int = 20) -> BarFileOptions {
    BarFileOptions(csv: CSVOptions(onBadRow: .skip, maximumReported: maximum))
  }

  @Test("columns are found in any order, by any usual name, in any case")
  func anyOrder() throws {
    let file = try bars("V,C,L,H,O,Ticker,DATE\n7,10.5,10,11,10.25,A,2016-01-05\n")
    let series = try #require(file.series.first)
    #expect(series.symbol == "A")
    #expect(series.open == [1_025_000_000])
    #expect(series.high == [1_100_000_000])
    #expect(series.low == [1_000_000_000])
    #expect(series.close == [1_050_000_000])
    #expect(series.volume == [700_000_000])
    #expect(try series.timestamps == [nanoseconds("2016-01-05T21:00:00Z")])
  }

  @Test("columns can be named, left out, and the delimiter chosen")
  func mapping() throws {
    let options = BarFileOptions(
      csv: CSVOptions(delimiter: UInt8(ascii: ";")),
      columns: ["close": "Schluss", "time": "Tag", "symbol": "series", "volume": ""])
    let file = try bars("series;Tag;Schluss;volume\nVIX;2014-01-03;13.76;\n", options)
    #expect(file.series.map(\.symbol) == ["VIX"])
    #expect(file.series[0].close == [1_376_000_000])
    #expect(file.columns.isEmpty)
    #expect(
      throws: CSVError.header(
        path: "X.csv", problem: "no column price, which is to hold the close; the header has date, close")
    ) { try bars("date,close\n", BarFileOptions(columns: ["close": "price"])) }
  }

  @Test("a file without a symbol column takes the symbol given, else its own name")
  func fileSymbol() throws {
    let text = "date,close\n2016-01-05,1\n"
    #expect(try bars(text, path: "data/SPY.daily.csv").series[0].symbol == "SPY")
    #expect(try bars(text, BarFileOptions(symbol: "QQQ")).series[0].symbol == "QQQ")
  }

  @Test("the raw close is preferred to an adjusted one, and an adjusted one serves alone")
  func adjusted() throws {
    #expect(try bars("date,Adj Close,Close\n2016-01-05,1,2\n").series[0].close == [200_000_000])
    #expect(try bars("date,Adj Close\n2016-01-05,1\n").series[0].close == [100_000_000])
  }

  @Test("a wide file gives one series a column, and an empty field no bar")
  func wide() throws {
    let file = try bars("date,MSFT,C,AAPL\n2016-01-04,50,40,\n2016-01-05,51.5,41,100\n")
    #expect(file.layout == .wide)
    #expect(file.series.map(\.symbol) == ["AAPL", "C", "MSFT"])
    #expect(file.series.map(\.count) == [1, 2, 2])
    #expect(file.series[2].close == [5_000_000_000, 5_150_000_000])
    #expect(try file.series[0].timestamps == [nanoseconds("2016-01-05T21:00:00Z")])
  }

  @Test("a header of prices without a close is an error, not a wide file")
  func noClose() {
    #expect(
      throws: CSVError.header(
        path: "X.csv", problem: "no close column beside open; the header has date, open, high")
    ) { try bars("date,open,high\n2016-01-04,1,2\n") }
    #expect(throws: CSVError.empty(path: "X.csv")) { try bars("\n\n") }
    #expect(throws: CSVError.header(path: "X.csv", problem: "two columns are called close")) {
      try bars("date,close,CLOSE\n")
    }
  }

  @Test("a mark at the start, CRLF, blank lines, quotes and quoted delimiters are read")
  func quoting() throws {
    let text = "\u{FEFF}\"date\",\"close\",symbol\r\n\r\n2016-01-04,\"1\",\"A,B\"\r\n2016-01-05, 2 ,\"A,B\""
    let file = try bars(text)
    #expect(file.series.map(\.symbol) == ["A,B"])
    #expect(file.series[0].close == [100_000_000, 200_000_000])
  }

  @Test(
    "each kind of bad row is reported with its line, column, text and reason",
    arguments: [
      ("2016-01-05,1,2,1,abc,0", 5, "abc", BadRow.Reason.notANumber),
      ("2016-01-05,1,2,1,NaN,0", 5, "NaN", .notFinite),
      ("2016-01-05,1,2,1,,0", 5, "", .missing),
      ("2016-01-05,1,2,1,0,0", 5, "0", .nonPositivePrice),
      ("2016-01-05,-1,2,1,1,0", 2, "-1", .nonPositivePrice),
      ("2016-01-05,1,2,1,1,-3", 6, "-3", .negativeVolume),
      ("2016-01-05,1,2,1,1,1e11", 6, "1e11", .tooLarge),
      ("2016-01-05,1,1,2,1,0", 3, "1", .highBelowLow),
      ("2016-01-05,3,2,1,1.5,0", 2, "3", .outsideRange),
      ("2016-01-05,1,2,1,2.5,0", 5, "2.5", .outsideRange),
      ("2016-01-05,2,3,2,1,0", 5, "1", .outsideRange),
      ("2016-01-04,1,2,1,1,0", 1, "2016-01-04", .duplicateTimestamp),
      ("2016-01-03,1,2,1,1,0", 1, "2016-01-03", .outOfOrder),
      ("2016-02-30,1,2,1,1,0", 1, "2016-02-30", .notATime),
      ("2016-01-05,1,2", 0, "", .columnCount(expected: 6, found: 3)),
      ("2016-01-05,1,2,1,\"1\"x,0", 0, "", .textAfterQuote),
    ])
  func badRow(_ row: String, _ column: Int, _ text: String, _ reason: BadRow.Reason) throws {
    let file = "date,open,high,low,close,volume\n2016-01-04,1,2,1,1.5,0\n\(row)\n2016-01-06,1,2,1,1.5,0\n"
    let loaded = try bars(file, skipping())
    #expect(loaded.badRows.count == 1)
    let bad = try #require(loaded.badRows.first.first)
    #expect(bad.line == 3)
    #expect(bad.column == column)
    #expect(bad.text == text)
    #expect(bad.reason == reason)
    #expect(loaded.series[0].count == 2, "the rows around it are loaded")
    #expect(throws: CSVError.badRows(path: "X.csv", rows: loaded.badRows)) { try bars(file) }
  }

  @Test("a quote that is never closed is reported where it opens")
  func openQuote() throws {
    let loaded = try bars("date,close\n2016-01-04,1\n2016-01-05,\"2\n2016-01-06,3\n", skipping())
    #expect(loaded.badRows.first.map(\.line) == [3])
    #expect(loaded.badRows.first.map(\.reason) == [.unterminatedQuote])
    #expect(loaded.barCount == 1)
  }

  @Test("the message names the file and of every bad row the line, column, text and cause")
  func message() {
    let error = #expect(throws: CSVError.self) { try bars("date,close\n2016-01-04,abc\n2016-01-05,1\n2016-01-06\n") }
    #expect(
      error?.description == """
        X.csv: 2 bad rows; the rest loads if bad rows may be skipped
          line 2, column 2 (close): "abc": is not a number
          line 4: 1 field where the header has 2
        """)
    let many = "date,close\n" + (1...9).map { "2016-01-0\($0),x\n" }.joined()
    let cut = #expect(throws: CSVError.self) {
      try bars(many, BarFileOptions(csv: CSVOptions(maximumReported: 2)))
    }
    #expect(cut?.description.hasSuffix("line 3, column 2 (close): \"x\": is not a number\n  and 7 more") == true)
  }

  @Test("all bad rows are counted, the first few kept")
  func reportLimit() throws {
    let rows = (1...9).map { "2016-01-0\($0),x" }.joined(separator: "\n")
    let loaded = try bars("date,close\n\(rows)\n", skipping(2))
    #expect(loaded.badRows.count == 9)
    #expect(loaded.badRows.first.map(\.line) == [2, 3])
  }

  @Test("order is checked by symbol: files sorted by time and files sorted by symbol both load")
  func manySymbols() throws {
    let byTime = try bars("date,symbol,close\n2016-01-04,B,1\n2016-01-04,A,2\n2016-01-05,B,3\n2016-01-05,A,4\n")
    let bySymbol = try bars("date,symbol,close\n2016-01-04,A,2\n2016-01-05,A,4\n2016-01-04,B,1\n2016-01-05,B,3\n")
    #expect(byTime.series == bySymbol.series)
    #expect(byTime.series.map(\.symbol) == ["A", "B"])
    #expect(byTime.series[0].close == [200_000_000, 400_000_000])
  }
}

@Suite("Real market data files")
struct FilesRealDataTests {
  @Test("GOOG: 2,148 full bars, the first as printed in the file")
  func goog() throws {
    guard let path = sharedData("goog_daily.csv") else { return }
    let file = try BarFile.read(path: path)
    #expect(file.badRows.count == 0)
    let series = try #require(file.series.first)
    #expect(series.symbol == "GOOG")
    #expect(series.count == 2_148)
    #expect(file.columns == [.open, .high, .low, .volume])
    #expect(series.close[0] == 10_034_000_000)
    #expect(series.volume[0] == 2_235_190_000_000_000)
    #expect(try series.timestamps[0] == nanoseconds("2004-08-19T20:00:00Z"))
  }

  @Test("20 large caps: 6,805 closes each")
  func largeCaps() throws {
    guard let path = sharedData("large_caps_daily_close.csv") else { return }
    let file = try BarFile.read(path: path)
    #expect(file.series.count == 20)
    #expect(file.series.allSatisfy { $0.count == 6_805 })
    #expect(file.columns.isEmpty)
  }

  @Test("hourly bars with Z, indices with carets, series by mapping")
  func others() throws {
    guard let hourly = sharedData("eurusd_hourly.csv"), let index = sharedData("index_daily.csv"),
      let wti = sharedData("wti_daily.csv")
    else { return }
    let euro = try BarFile.read(path: hourly)
    #expect(euro.series.map(\.symbol) == ["EUR/USD"])
    #expect(euro.barCount == 3_880)
    #expect(try euro.series[0].timestamps[0] == nanoseconds("2017-04-19T09:00:00Z"))
    #expect(try BarFile.read(path: index).series.map(\.symbol) == ["^GSPC", "^IXIC"])
    let mapping = BarFileOptions(columns: ["symbol": "series", "close": "value"])
    #expect(try BarFile.read(path: wti, options: mapping).barCount == 7_820)
  }

  @Test("daily stamps equal the full NYSE session closes of an independent calendar")
  func sessionCloses() throws {
    guard let path = sharedData("nyse_sessions.csv") else { return }
    let columns = [
      CSVColumn("date", .timestamp), CSVColumn("close_utc", .timestamp), CSVColumn("early_close", .text),
    ]
    let sessions = try CSVTable.read(path: path, columns: columns)
    let dates = try #require(sessions.timestamps("date"))
    let closes = try #require(sessions.timestamps("close_utc"))
    let early = try #require(sessions.texts("early_close"))
    #expect(sessions.rowCount == 10_322)
    #expect(sessions.ignoredColumns == ["open_utc"])
    for row in dates.indices {
      #expect((dates[row] == closes[row]) == (early[row] == "0"), "line \(sessions.lines[row])")
    }
  }
}

@Suite("Settings of bar files as text")
struct FilesSettingsTests {
  @Test("every setting is understood")
  func all() throws {
    let options = try BarFileOptions(settings: [
      "layout": "long", "delimiter": "tab", "on_bad_row": "skip", "time": "iso", "daily_close": "15:30",
      "daily_zone": "-03:30", "naive_zone": "America/New_York", "columns": "close=Last,volume=", "symbol": "",
    ])
    var expected = BarFileOptions(layout: .long, columns: ["close": "Last", "volume": ""])
    expected.csv = CSVOptions(
      delimiter: 9,
      time: TimestampFormat(
        notation: .iso, dateSecondOfDay: 55_800, dateZone: .fixed(seconds: -12_600), naiveZone: .newYork),
      onBadRow: .skip)
    #expect(options == expected)
  }

  @Test(
    "a wrong setting is named with what is possible",
    arguments: [
      ("layout", "tall", "layout: \"tall\" is none of automatic, long, wide"),
      ("delimiter", "::", "delimiter: \"::\" is not one ASCII character that may stand between fields"),
      ("daily_close", "25:00", "daily_close: \"25:00\" is not a time of day such as 16:00"),
      ("daily_zone", "CET", "daily_zone: \"CET\" is not America/New_York, UTC or an offset such as +05:30"),
      ("columns", "close", "columns: \"close\" is not a list of role=name"),
    ])
  func wrong(_ name: String, _ value: String, _ message: String) {
    let error = #expect(throws: CSVOptionError.self) { try BarFileOptions(settings: [name: value]) }
    #expect(error?.description == message)
  }
}

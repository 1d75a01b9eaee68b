import AlphaLoopCSV
import AlphaLoopFiles
import AlphaLoopSDK
import CAlphaLoop
import Glibc

/// Bars from delimited text files: one file, or every .csv of a directory.
struct FilesPlugin: DataSource {
  static let kinds = [AL_DATA_BARS]

  static let descriptor = Descriptor(
    id: "data.files", name: "Bars from text files",
    summary: "Reads CSV files with header mapping, one or many symbols a file; bad rows are reported by line.",
    family: "data",
    parameters: [
      .path("path", default: "", "a file, or a directory of which every .csv is read"),
      .text("interval", default: "1d", "length of a bar: 1m, 5m, 1h, 1d"),
      .text("layout", default: "automatic", "automatic, long (a row a bar) or wide (a column a symbol)"),
      .text("delimiter", default: ",", "one character between fields, or tab"),
      .text("on_bad_row", default: "fail", "fail, or skip to load the rest and report what was left out"),
      .text(
        "time", default: "automatic",
        "automatic, iso, epochSeconds, epochMilliseconds, epochMicroseconds, epochNanoseconds"),
      .text("daily_close", default: "16:00", "the time of day that a date without a time means"),
      .text("daily_zone", default: "America/New_York", "the zone of daily_close: America/New_York, UTC, +05:30"),
      .text("naive_zone", default: "UTC", "the zone of times that name none"),
      .text("columns", default: "", "the file's own column names by role: close=Last,symbol=series,volume="),
      .text("symbol", default: "", "the symbol of a file without that column; else the file's name"),
    ])

  private let path: String
  private let interval: Int64
  private let options: BarFileOptions

  init(_ setup: Setup) throws(PluginError) {
    path = try setup.parameters.text("path")
    guard !path.isEmpty else { throw .configuration("path: name a file or a directory of .csv files") }
    let length = try setup.parameters.text("interval")
    guard let interval = FilesPlugin.nanoseconds(length) else {
      throw .configuration("interval: \"\(length)\" is not a length such as 1m, 5m, 1h or 1d")
    }
    self.interval = interval
    var settings: [String: String] = [:]
    for name in BarFileOptions.settingNames { settings[name] = try setup.parameters.text(name) }
    do throws(CSVOptionError) {
      options = try BarFileOptions(settings: settings)
    } catch {
      throw .configuration(error.description)
    }
  }

  /// "5m" in nanoseconds.
  private static func nanoseconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), (1...1_000).contains(count)
    else { return nil }
    return count * unit * 1_000_000_000
  }

  mutating func open(_ query: Query) throws(PluginError) -> any DataCursor {
    guard query.interval == 0 || query.interval == interval else {
      throw PluginError(
        AL_E_UNSUPPORTED,
        "\(path) holds bars of \(interval / 1_000_000_000) s, not of \(query.interval / 1_000_000_000) s; "
          + "name another file, or set the parameter interval")
    }
    var files: [BarFile] = []
    for name in try names() { files.append(try read(name)) }
    return try BarCursor(files: files, query: query)
  }

  private func names() throws(PluginError) -> [String] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .io(FileError.last("open", path).description) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    do throws(FileError) {
      let names = try directoryEntries(path).filter { $0.hasSuffix(".csv") }
      guard !names.isEmpty else { throw FileError(operation: "find a .csv file", path: path, code: ENOENT) }
      return names.map { "\(path)/\($0)" }
    } catch {
      throw .io(error.description)
    }
  }

  private func read(_ name: String) throws(PluginError) -> BarFile {
    do {
      return try BarFile.read(path: name, options: options)
    } catch let error as FileError {
      throw .io(error.description)
    } catch CSVError.badRows(let path, let rows) {
      throw .data("\(CSVError.badRows(path: path, rows: rows))\non_bad_row: skip leaves them out")
    } catch {
      throw .data("\(error)")
    }
  }
}

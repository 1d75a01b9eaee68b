import CSystem
import Glibc

/// A folder for what plugins write while they are checked; removed with everything in it.
final class CheckFolder {
  let path: String

  init() throws(Finding) {
    let base = String(cString: al_temporary_folder())
    var template = Array("\(base)/alphaloop-validate-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .fail("no temporary folder in \(base): \(String(cString: strerror(errno)))")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  func make(_ name: String) -> String {
    let folder = "\(path)/\(name)"
    mkdir(folder, 0o700)
    return folder
  }

  /// Never follows a link out of the folder.
  private static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR, let entries = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { remove("\(path)/\(name)") }
    }
    closedir(entries)
    rmdir(path)
  }

  /// Daily bars of two symbols as a CSV file, for sources that read a folder.
  static func writeSampleBars(_ folder: String) {
    guard let file = fopen("\(folder)/bars.csv", "w") else { return }
    defer { fclose(file) }
    fputs("date,symbol,open,high,low,close,volume\n", file)
    for day in 2...27 where day % 7 > 1 {
      for (symbol, base) in [("AAA", 100), ("BBB", 50)] {
        let date = "2015-01-\(day < 10 ? "0" : "")\(day)"
        fputs(
          "\(date),\(symbol),\(base + day),\(base + day + 2),\(base + day - 2),\(base + day + 1),\(1000 * day)\n", file)
      }
    }
  }
}

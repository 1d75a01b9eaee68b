import Glibc

/// Copies a plugin template with its names filled in.
public struct PluginTemplate {
  private let source: String
  private let sdk: String

  /// - Throws: for a language that has no template.
  public init(language: String) throws(HostError) {
    let known = ["swift", "c", "cpp", "rust"]
    guard known.contains(language) else {
      throw HostError(
        .usage, "there is no template for '\(language)'; there is one for \(known.joined(separator: ", "))")
    }
    sdk = try Self.sdkFolder()
    source = "\(sdk)/Templates/\(language)"
    if access("\(source)/build.sh", R_OK) != 0 {
      throw HostError(.data, "\(source) has no template; set ALPHALOOP_SDK to the PluginSDK folder")
    }
  }

  /// ALPHALOOP_SDK, else the PluginSDK folder of the checkout that the executable was built in, else of an installation.
  static func sdkFolder() throws(HostError) -> String {
    if let path = environment("ALPHALOOP_SDK") { return canonicalPath(path) }
    var folder = executableFolder()
    while folder != "/" && folder != "." {
      for candidate in ["\(folder)/PluginSDK", "\(folder)/share/alphaloop/PluginSDK"]
      where access("\(candidate)/Templates", R_OK) == 0 {
        return candidate
      }
      folder = parent(folder)
    }
    throw HostError(.data, "the plugin SDK is not found; set ALPHALOOP_SDK to the PluginSDK folder")
  }

  /// Makes `directory/name`; refuses one that exists and is not empty.
  public func copy(name: String, into directory: String) throws(HostError) -> String {
    let valid = !name.isEmpty && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    guard valid, let first = name.utf8.first, (97...122).contains(first), name.utf8.count <= 64 else {
      throw HostError(.usage, "'\(name)' is no plugin name: lower case letters, digits and -, a letter first")
    }
    let target = "\(directory)/\(name)"
    guard Self.names(target).isEmpty else { throw HostError(.usage, "\(target) exists and is not empty") }
    try copyFolder(source, target, name)
    try writeAtomically(Array((sdk + "\n").utf8), to: "\(target)/.alphaloop-sdk")
    return target
  }

  private func copyFolder(_ from: String, _ to: String, _ name: String) throws(HostError) {
    guard makeFolder(to) else { throw HostError(.data, "\(to): \(errorText())") }
    for entry in Self.names(from) {
      let source = "\(from)/\(entry)"
      let target = "\(to)/\(fill(entry, name))"
      var info = stat()
      guard stat(source, &info) == 0 else { throw HostError(.data, "\(source): \(errorText())") }
      if info.st_mode & S_IFMT == S_IFDIR {
        try copyFolder(source, target, name)
      } else {
        guard let bytes = readFile(source) else { throw HostError(.data, "\(source): \(errorText())") }
        try writeAtomically(Array(fill(String(decoding: bytes, as: UTF8.self), name).utf8), to: target)
        chmod(target, info.st_mode & 0o777)
      }
    }
  }

  private func fill(_ text: String, _ name: String) -> String {
    let snake = name.replacing("-", with: "_")
    return text.replacing("__NAME__", with: name)
      .replacing("__ID__", with: "my.\(snake)")
  }

  private static func names(_ folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

import Foundation

/// Shared objects built with the toolchain's own compilers while the tests run, so that nothing binary is stored.
enum ELFFixtures {
  struct BuildFailure: Error, CustomStringConvertible {
    var description: String
  }

  static let note = """
    #include <stdint.h>
    typedef struct { uint32_t size, magic, major, minor, sdk, reserved; char toolchain[40]; } note_t;
    __attribute__((section(".alphaloop.abi"), used)) static const note_t NAME =
      { 64, MAGIC, 1, 2, 10203, 0, "clang 17 test" };

    """

  static let plugin =
    note.replacingOccurrences(of: "NAME", with: "the_note").replacingOccurrences(of: "MAGIC", with: "0x31414c41u") + """
      #include <time.h>
      #include <math.h>
      const void *entry_v1(uint32_t major, double x) {
        struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
        return major == (uint32_t)pow(x, now.tv_sec) ? &the_note : 0;
      }
      int helper(void) { return 1; }

      """

  static let versionScript = "{ global: entry_v1; local: *; };\n"

  /// Compiles C source to a shared object and returns its path.
  static func object(_ source: String, _ arguments: [String] = [], shared: Bool = true) throws -> String {
    let folder = try temporaryFolder()
    let input = folder + "/fixture.c"
    try source.write(toFile: input, atomically: true, encoding: .utf8)
    try versionScript.write(toFile: folder + "/one.map", atomically: true, encoding: .utf8)
    let output = folder + "/fixture.so"
    let kind = shared ? ["-shared"] : []
    try run("clang", ["-std=gnu11", "-O1", "-fPIC"] + kind + ["-o", output, input] + arguments, in: folder)
    return output
  }

  /// Compiles a Swift library that imports `header` and returns its path.
  static func swiftObject(header: String, source: String, _ arguments: [String] = []) throws -> String {
    let folder = try temporaryFolder()
    try header.write(toFile: folder + "/fixture.h", atomically: true, encoding: .utf8)
    try "module CFixture { header \"fixture.h\" export * }\n"
      .write(toFile: folder + "/module.modulemap", atomically: true, encoding: .utf8)
    try source.write(toFile: folder + "/fixture.swift", atomically: true, encoding: .utf8)
    let output = folder + "/fixture.so"
    try run(
      "swiftc",
      ["-O", "-parse-as-library", "-emit-library", "-o", output, "-I", folder, folder + "/fixture.swift"] + arguments,
      in: folder)
    return output
  }

  static func bytes(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }

  static func temporaryFolder() throws -> String {
    let folder = root + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Removed when the tests end.
  private static let root: String = {
    atexit { try? FileManager.default.removeItem(atPath: ELFFixtures.rootPath) }
    return rootPath
  }()
  private static let rootPath = FileManager.default.temporaryDirectory.appendingPathComponent("elf-\(getpid())").path

  /// Runs a tool of the search path and returns what it wrote.
  @discardableResult
  static func run(_ tool: String, _ arguments: [String], in folder: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("errors-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: errors) }
    try Data().write(to: URL(fileURLWithPath: errors))
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
      throw BuildFailure(description: "\(tool) ended with \(process.terminationStatus): \(said)")
    }
    return text
  }
}

import CSystem
import Foundation
import Testing

@testable import AlphaLoopLoader

@Suite("Memory of libraries that nothing uses any more")
struct RetiredLibrariesTests {
  /// KB of the mapping around an address that are in memory.
  private func resident(_ address: UInt) throws -> Int? {
    var isInside = false
    // A file of this kind has no length that a reader could ask for beforehand.
    let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      if range.count == 2 { isInside = range[0] <= address && address < range[1] }
      if isInside, line.hasPrefix("Rss:") { return Int(line.split(separator: " ")[1]) }
    }
    return nil
  }

  private func loadAndDrop() throws -> UInt {
    let library = try LoadedLibrary.load(try WorkerFixture.product("ridge"))
    #expect(library.descriptors.count == 1)
    return UInt(bitPattern: library.code)
  }

  @Test("their code and constants stay mapped and are given back, those of a library in use are not")
  func released() throws {
    let used = try LoadedLibrary.load(try WorkerFixture.product("ridge"))
    let retired = try loadAndDrop()
    #expect(try #require(try resident(retired)) > 0)
    RetiredLibraries.releasePages()
    #expect(try resident(retired) == 0)
    #expect(try #require(try resident(UInt(bitPattern: used.code))) > 0)
    // What reads them again finds them as they were.
    let (old, new) = (UnsafeRawPointer(bitPattern: retired), used.code)
    #expect(try #require(old).loadUnaligned(as: UInt64.self) == new.loadUnaligned(as: UInt64.self))
    #expect(try #require(try resident(retired)) > 0)
  }

  @Test("an address of no object has no spans; no more are told than there is room for")
  func spans() {
    var spans = [al_span](repeating: al_span(), count: 4)
    let nowhere = [UInt8](repeating: 0, count: 1)
    nowhere.withUnsafeBytes { #expect(al_object_constant_spans($0.baseAddress, &spans, 4) == 0) }
    let code = dlsym(dlopen(nil, RTLD_NOW), "malloc")
    #expect(al_object_constant_spans(code, &spans, 4) > 0)
    #expect(al_object_constant_spans(code, &spans, 0) == 0)
  }
}

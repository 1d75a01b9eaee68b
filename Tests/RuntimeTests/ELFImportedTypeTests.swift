import Testing

@testable import AlphaLoopLoader

@Suite("C types that Swift plugins import")
struct ELFImportedTypeTests {
  private static let source = """
    import CFixture
    struct Own { var a: al_fixture_sig; var b: fixture_untagged; var c: fixture_choice; var d: fixture_union }
    public func f() -> Any { [Own(a: .init(), b: .init(), c: FIRST, d: .init())] }
    public func g() -> Any { [al_fixture_sig()] }

    """

  private func header(fields: Int) -> String {
    """
    #include <stdint.h>
    struct al_fixture_sig { uint64_t field[\(fields)]; };
    typedef struct { int32_t a; char b; } fixture_untagged;
    enum fixture_choice { FIRST };
    union fixture_union { int32_t a; double b; };
    """
  }

  @Test("the layouts are listed by C name, and stay when the file is stripped", arguments: [false, true])
  func listed(stripped: Bool) throws {
    let path = try ELFFixtures.swiftObject(
      header: header(fields: 2), source: Self.source, stripped ? ["-Xlinker", "-s"] : [])
    let types = try ELFFile(path: path).importedTypes()
    #expect(
      types == [
        ELFImportedType(name: "al_fixture_sig", size: 16, stride: 16, alignment: 8),
        ELFImportedType(name: "fixture_choice", size: 4, stride: 4, alignment: 4),
        ELFImportedType(name: "fixture_union", size: 8, stride: 8, alignment: 8),
        // Clang's size of a C structure includes its tail padding.
        ELFImportedType(name: "fixture_untagged", size: 8, stride: 8, alignment: 4),
      ])
  }

  @Test("a structure that grew is a conflict, an equal one is not")
  func conflicts() throws {
    let old = try ELFFile(path: ELFFixtures.swiftObject(header: header(fields: 2), source: Self.source)).importedTypes()
    let new = try ELFFile(path: ELFFixtures.swiftObject(header: header(fields: 8), source: Self.source)).importedTypes()
    let conflicts = ELFImportedType.conflicts(of: new, with: old)
    #expect(conflicts.map(\.candidate) == [ELFImportedType(name: "al_fixture_sig", size: 64, stride: 64, alignment: 8)])
    #expect(conflicts.map(\.loaded.size) == [16])
    #expect(ELFImportedType.conflicts(of: old, with: old).isEmpty)
  }

  @Test("a plugin written in C imports none")
  func none() throws {
    #expect(try ELFFile(path: ELFFixtures.object("int f(void) { return 1; }")).importedTypes() == [])
  }
}

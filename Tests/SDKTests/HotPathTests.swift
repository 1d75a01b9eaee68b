import Foundation
import Testing

@Suite("The machine code of hot functions", .enabled(if: Repository.has("objdump"), "apt-get install binutils"))
struct HotPathTests {
  let script = Repository.root.appendingPathComponent("scripts/check-hot-path").path

  @Test("evaluate of the Swift sample counts no references and allocates nothing; a copy that does is found")
  func sample() throws {
    let workshop = try Workshop.shared.get()
    let clean = try Repository.run(script, [try workshop.sample("swift").path])
    #expect(clean.status == 0, "\(clean.output)")
    #expect(clean.output.contains("are clean"))

    let place = try workshop.make("swift", name: "heavy")
    let file = place.appendingPathComponent("Sources/Cross.swift")
    var text = try String(contentsOf: file, encoding: .utf8)
    // An array that grows at every evaluation: what an author does without thinking of it.
    text = text.replacingOccurrences(
      of: "  mutating func evaluate(_ input: Input, _ output: inout Output) {\n",
      with: "  private var seen: [Int64] = []\n"
        + "  mutating func evaluate(_ input: Input, _ output: inout Output) {\n    seen = seen + [input.asOf]\n")
    try text.write(to: file, atomically: true, encoding: .utf8)
    let built = try workshop.build(place)
    try #require(built.status == 0, "\(built.output)")
    let heavy = try Repository.run(script, [place.appendingPathComponent("build/libheavy.so").path])
    #expect(heavy.status == 1)
    #expect(heavy.output.contains("Cross.evaluate(_:_:) calls swift_"), "\(heavy.output)")
    // What is excepted is what is named, not what calls it.
    let library = place.appendingPathComponent("build/libheavy.so").path
    #expect(try Repository.run(script, ["--except", "^Other[.]", library]).status == 1)
  }

  @Test("a library without a hot function and a missing file are no pass")
  func nothing() throws {
    #expect(try Repository.run(script, ["/bin/true"]).status == 1)
    #expect(try Repository.run(script, ["/nowhere.so"]).status == 2)
    #expect(try Repository.run(script, []).status == 2)
    #expect(try Repository.run(script, ["--except"]).status == 2)
  }
}

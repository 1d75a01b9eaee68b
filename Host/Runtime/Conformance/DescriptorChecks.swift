import CAlphaLoop

/// What a library says about its plugins.
enum DescriptorChecks {
  static let all: [Check] = [
    Check(
      "descriptor.table", .file, "sizes, ids, versions, kinds and limits are legal",
      advice: "fill al_descriptor_v1 as plugin.h says; ids are lower case with a dot, versions semantic", table),
    Check(
      "descriptor.schema", .everyPlugin, "the parameters are a valid JSON Schema, and the defaults pass it",
      advice: "write JSON Schema 2020-12 of an object with a default for every property", schema),
    Check(
      "descriptor.interfaces", .everyPlugin,
      "every listed interface is answered with a whole table, every other with NULL",
      advice: "return a static table with its size and every required function; NULL for unknown ids", interfaces),
  ]

  private static func table(_ context: CheckContext) throws(Finding) -> String {
    var ids: [String] = []
    for d in try context.library().descriptors() {
      let id = cText(d.id)
      if let problem = problem(d) { throw .fail("'\(id)': \(problem)") }
      if ids.contains(id) { throw .fail("'\(id)' is offered twice") }
      ids.append(id)
    }
    return ids.joined(separator: " ")
  }

  private static let kinds: UInt32 = 0xFF
  private static let flags: UInt64 = 0xF
  private static let inputs: UInt64 = 0x7FF
  /// Bit k: rows of kind k may be answered. Abstaining needs no declaration.
  private static let outputs: UInt64 = (UInt64(AL_ROW_VIEW)...UInt64(AL_ROW_HALT))
    .filter { $0 != UInt64(AL_ROW_ABSTAIN) }.reduce(0) { $0 | 1 << $1 }

  private static func problem(_ d: al_descriptor_v1) -> String? {
    if !isID(cText(d.id)) {
      return "the id needs lower-case letters, digits or _ in parts joined by dots, at least two"
    }
    for (name, value) in [("name", d.name), ("version", d.version), ("parameters", d.parameters)] where value == nil {
      return "\(name) is NULL"
    }
    if !isSemanticVersion(cText(d.version)) { return "'\(cText(d.version))' is no semantic version" }
    if d.kinds == 0 || d.kinds & ~kinds != 0 {
      return "kinds 0x\(String(d.kinds, radix: 16)) is not a mask of AL_KIND_*"
    }
    if d.flags & ~flags != 0 { return "flags 0x\(String(d.flags, radix: 16)) has unknown bits" }
    if d.inputs & ~inputs != 0 { return "inputs 0x\(String(d.inputs, radix: 16)) has unknown bits" }
    if d.outputs & ~outputs != 0 { return "outputs 0x\(String(d.outputs, radix: 16)) has unknown bits" }
    if d.min_state_version > d.state_version {
      return "min_state_version \(d.min_state_version) is above state_version \(d.state_version)"
    }
    if d.kinds & AL_KIND_AGENT != 0 {
      if d.max_rows == 0 { return "an agent's max_rows is at least 1" }
      if d.outputs == 0 { return "an agent declares what it answers with (outputs)" }
      if d.tier < AL_TIER_EXECUTIVE || d.tier > AL_TIER_JUNIOR { return "tier \(d.tier) is no agent's" }
      if d.outputs & 1 << UInt64(AL_ROW_ESTIMATE) != 0, cList(d.estimates).isEmpty {
        return "estimates are declared and none is named"
      }
    }
    return nil
  }

  static func isID(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isIDByte) }
  }

  private static func isIDByte(_ byte: UInt8) -> Bool { (97...122).contains(byte) || isDigit(byte) || byte == 95 }

  /// Semantic Versioning 2.0.0: three numbers without leading zeros, then an optional pre-release and build.
  static func isSemanticVersion(_ text: String) -> Bool {
    let core = text.prefix { $0 != "-" && $0 != "+" }
    let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
    let rest = text.dropFirst(core.count)
    guard numbers.count == 3, numbers.allSatisfy(isNumber), rest != "-", rest != "+" else { return false }
    return rest.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == 45 || $0 == 43 || $0 == 46 }
  }

  private static func isNumber(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, text.utf8.allSatisfy(isDigit) else { return false }
    return text.utf8.count == 1 || first != 48
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

  private static func schema(_ context: CheckContext) throws(Finding) -> String {
    let library = try context.library()
    let text = cText(try library.descriptor(context.plugin).parameters)
    let value: JSONValue
    do { value = try JSONValue.parse(text) } catch { throw .fail("the schema is not JSON: \(error)") }
    let schema: JSONSchema
    do { schema = try JSONSchema(value) } catch { throw .fail("\(error)") }
    guard value["type"]?.string == "object" else { throw .fail("the schema is not of an object") }
    let (defaults, violations) = schema.resolve(.object(JSONObject()))
    if let first = violations.first { throw .fail("the defaults alone do not pass: \(first)") }
    let without = (value["properties"]?.object?.keys ?? []).filter { defaults[$0] == nil }
    if let first = without.first { throw .fail("the property '\(first)' has no default") }
    return "\(value["properties"]?.object?.count ?? 0) parameters"
  }

  private static func interfaces(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    let instance = try subject.make()
    defer { instance.destroy() }
    let listed = cList(subject.descriptor.interfaces)
    for id in listed {
      context.phase("asking for \(id)")
      guard instance.c.get_interface(instance.c.ctx, id) != nil else {
        throw .fail("lists \(id) and answers NULL for it")
      }
    }
    for kind in InterfaceTable.all where subject.isKind(kind.kind) {
      guard listed.contains(kind.id) else { throw .fail("is of a kind that answers \(kind.id) and does not list it") }
      try kind.check(instance)
    }
    for unknown in ["", "alphaloop.agent/999", "nothing", "alphaloop.agent/1 "] {
      guard instance.c.get_interface(instance.c.ctx, unknown) == nil else {
        throw .fail("answers the unknown interface \"\(unknown)\"")
      }
    }
    return listed.joined(separator: " ")
  }
}

/// A C type that a Swift plugin imported, with the layout it was compiled with.
///
/// Swift keeps one description of an imported C type per process, found by the type's name alone. Two plugins that
/// disagree on its size corrupt each other, so the host compares before it loads.
public struct ELFImportedType: Hashable, Sendable {
  /// The C name: a tag, or the typedef of a structure without one.
  public var name: String
  /// Bytes.
  public var size: UInt32
  public var stride: UInt32
  public var alignment: UInt32

  public init(name: String, size: UInt32, stride: UInt32, alignment: UInt32) {
    self.name = name
    self.size = size
    self.stride = stride
    self.alignment = alignment
  }

  /// The types of `candidate` that `loaded` has under the same name with another layout, in the order of their names.
  public static func conflicts(of candidate: [ELFImportedType], with loaded: some Collection<ELFImportedType>)
    -> [(candidate: ELFImportedType, loaded: ELFImportedType)]
  {
    var known: [String: [ELFImportedType]] = [:]
    for type in loaded { known[type.name, default: []].append(type) }
    return candidate.sorted { $0.name < $1.name }.flatMap { type in
      (known[type.name] ?? []).filter { $0 != type }.map { (type, $0) }
    }
  }
}

extension ELFFile {
  /// The C types listed in `swift5_builtin`, sorted by name; empty for a plugin that is not written in Swift. The section
  /// is part of what is loaded and survives `strip`.
  ///
  /// Source: swift/include/swift/ABI and swift/RemoteInspection, `BuiltinTypeDescriptor` (20 bytes) and
  /// `TargetContextDescriptor`; Swift 6.3.
  ///
  /// - Throws: ``ELFError`` when an entry points outside the file.
  public func importedTypes() throws(ELFError) -> [ELFImportedType] {
    do {
      return try ELFImportedTypeReader(self).types()
    } catch {
      throw ELFError(file: file, reason: error)
    }
  }
}

private struct ELFImportedTypeReader {
  private let file: ELFFile
  private let image: ELFImage
  private let what = "section swift5_builtin"
  private static let entrySize: UInt64 = 20

  init(_ file: ELFFile) throws(ELFError.Reason) {
    self.file = file
    image = try ELFImage(bytes: file.bytes, programHeaders: file.programHeaders)
  }

  func types() throws(ELFError.Reason) -> [ELFImportedType] {
    guard let section = file.section(named: "swift5_builtin") else { return [] }
    let range = try section.fileRange(in: file.bytes)
    guard UInt64(range.count) % Self.entrySize == 0 else {
      throw .malformed(what: what, detail: "\(range.count) bytes, not a multiple of \(Self.entrySize)")
    }
    var found: Set<ELFImportedType> = []
    for position in stride(from: 0, to: UInt64(range.count), by: Int(Self.entrySize)) {
      let entry = UInt64(range.lowerBound) + position
      let nameField = try elfSum(section.address, position, of: what)
      let mangled = try target(ofRelativeAt: entry, address: nameField)
      guard let name = try importedName(at: mangled) else { continue }
      found.insert(
        ELFImportedType(
          name: name,
          size: try file.bytes.load(UInt32.self, at: entry + 4, of: what),
          stride: try file.bytes.load(UInt32.self, at: entry + 12, of: what),
          alignment: try file.bytes.load(UInt32.self, at: entry + 8, of: what) & 0xFFFF))
    }
    return found.sorted { ($0.name, $0.size, $0.stride, $0.alignment) < ($1.name, $1.size, $1.stride, $1.alignment) }
  }

  /// A mangled name is text (`So6configV`) or, in the usual case, the byte 1 and a relative pointer to the type's context
  /// descriptor. Other kinds of reference need the loader's work and never stand for an imported type.
  private func importedName(at address: UInt64) throws(ELFError.Reason) -> String? {
    let offset = try image.offset(of: address, what)
    let first = try file.bytes.load(UInt8.self, at: offset, of: what)
    if first == 1 {
      return try contextName(at: target(ofRelativeAt: offset + 1, address: elfSum(address, 1, of: what)))
    }
    guard first == UInt8(ascii: "S") else { return nil }
    return Self.plainName(try file.bytes.string(at: offset, before: file.bytes.count, of: what))
  }

  /// `So`, the length in decimal, the name: the C module's types in Swift's mangling.
  private static func plainName(_ mangled: String) -> String? {
    guard mangled.hasPrefix("So") else { return nil }
    let rest = mangled.dropFirst(2)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let length = Int(digits), length > 0 else { return nil }
    let name = rest.dropFirst(digits.count).prefix(length)
    return name.count == length ? String(name) : nil
  }

  /// A context descriptor is flags, the parent, the name; imported types have the module `__C` as their parent.
  private func contextName(at address: UInt64) throws(ELFError.Reason) -> String? {
    let offset = try image.offset(of: address, what)
    let flags = try file.bytes.load(UInt32.self, at: offset, of: what)
    let parentField = try file.bytes.load(Int32.self, at: offset + 4, of: what)
    let isIndirect = parentField & 1 != 0
    guard !isIndirect, parentField != 0 else { return nil }
    let parent = try target(ofRelativeAt: offset + 4, address: elfSum(address, 4, of: what))
    guard try moduleName(at: parent) == "__C" else { return nil }
    let name = try string(ofContextAt: offset, address: address)
    let hasImportInformation = flags & 1 << 18 != 0
    guard hasImportInformation else { return name.text }
    return try nameInABI(after: name.end) ?? name.text
  }

  /// Kind 0 is a module; anything else is a type nested in another type.
  private func moduleName(at address: UInt64) throws(ELFError.Reason) -> String? {
    let offset = try image.offset(of: address, what)
    guard try file.bytes.load(UInt32.self, at: offset, of: what) & 0x1F == 0 else { return nil }
    return try string(ofContextAt: offset, address: address).text
  }

  private func string(ofContextAt offset: UInt64, address: UInt64)
    throws(ELFError.Reason) -> (text: String, end: UInt64)
  {
    let name = try target(ofRelativeAt: offset + 8, address: elfSum(address, 8, of: what))
    let start = try image.offset(of: name, what)
    let text = try file.bytes.string(at: start, before: file.bytes.count, of: what)
    return (text, start + UInt64(text.utf8.count) + 1)
  }

  /// Strings after the name, up to an empty one; the one that starts with `N` is the C name where Swift shows another.
  private func nameInABI(after start: UInt64) throws(ELFError.Reason) -> String? {
    var at = start
    while true {
      let component = try file.bytes.string(at: at, before: file.bytes.count, of: what)
      if component.isEmpty { return nil }
      if component.hasPrefix("N") { return String(component.dropFirst()) }
      at += UInt64(component.utf8.count) + 1
    }
  }

  /// A relative pointer is added to its own address.
  private func target(ofRelativeAt offset: UInt64, address: UInt64) throws(ELFError.Reason) -> UInt64 {
    let distance = Int64(try file.bytes.load(Int32.self, at: offset, of: what))
    return address &+ UInt64(bitPattern: distance)
  }
}

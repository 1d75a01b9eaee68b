/// Why a file is not a plugin this host can load, said before any of its code has run.
public struct ELFError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path, or the name given with the bytes.
  public var file: String
  public var reason: Reason

  public enum Reason: Error, Equatable, Sendable {
    /// The file could not be opened or read; the value is `errno`.
    case unreadable(Int32)
    case tooLarge(bytes: UInt64, limit: UInt64)
    case notELF
    /// An `ar` archive (`lib*.a`) where a shared object is needed.
    case staticArchive
    case class32Bit
    case bigEndian
    case foreignMachine(found: UInt16, expected: UInt16)
    /// The ELF type, where a shared object (3) is needed.
    case notSharedObject(type: UInt16)
    /// A table reaches past the end of the file.
    case truncated(what: String, needs: UInt64, has: UInt64)
    case malformed(what: String, detail: String)
  }

  public init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  public var description: String { "\(file): \(reason)" }
}

extension ELFError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let code):
      "cannot be read: \(systemErrorText(code))"
    case .tooLarge(let bytes, let limit):
      "is \(bytes) bytes long, more than the \(limit) a plugin may have; strip it or load its data from a file"
    case .notELF:
      "is not an ELF file; build the plugin as a shared library for Linux"
    case .staticArchive:
      "is a static archive; link it into a shared library (-shared, or a .dynamic product)"
    case .class32Bit:
      "is a 32-bit object; build it for a 64-bit target"
    case .bigEndian:
      "is a big-endian object; build it for this machine"
    case .foreignMachine(let found, let expected):
      "is built for \(ELFMachine(rawValue: found)), this host runs on \(ELFMachine(rawValue: expected)); rebuild it here"
    case .notSharedObject(let type):
      "has ELF type \(type) (\(Self.typeName(type))), not 3 (shared object); link it with -shared"
    case .truncated(let what, let needs, let has):
      "is cut short: \(what) ends at byte \(needs), the file has \(has); copy or build it again"
    case .malformed(let what, let detail):
      "is damaged: \(what): \(detail); build it again"
    }
  }

  private static func typeName(_ type: UInt16) -> String {
    switch type {
    case 1: "relocatable object"
    case 2: "executable"
    case 4: "core dump"
    default: "unknown"
    }
  }
}

/// An ELF machine number with the name people know it by.
public struct ELFMachine: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let x86 = ELFMachine(rawValue: 3)
  public static let arm = ELFMachine(rawValue: 40)
  public static let amd64 = ELFMachine(rawValue: 62)
  public static let aarch64 = ELFMachine(rawValue: 183)
  public static let riscv = ELFMachine(rawValue: 243)

  /// The machine this code was compiled for.
  public static var host: ELFMachine {
    #if arch(x86_64)
      .amd64
    #elseif arch(arm64)
      .aarch64
    #else
      ELFMachine(rawValue: 0)
    #endif
  }

  public var description: String {
    switch self {
    case .x86: "x86 (32-bit)"
    case .arm: "arm (32-bit)"
    case .amd64: "x86_64"
    case .aarch64: "aarch64"
    case .riscv: "riscv"
    default: "machine \(rawValue)"
    }
  }
}

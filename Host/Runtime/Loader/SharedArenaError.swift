import CSystem

/// Why an arena could not be made, attached or used.
public enum SharedArenaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A system call failed; the code is `errno`.
  case system(operation: String, code: Int32)
  case badCapacity(bytes: Int)
  /// Every candidate address was taken.
  case noFreeAddress(bytes: Int, tried: Int)
  /// In this process something else lies where the other process has the arena.
  case addressTaken(address: UInt, bytes: Int)
  /// The descriptor does not hold an arena of this version.
  case notAnArena(detail: String)
  case full(requested: Int, available: Int)
  /// Only the process that made the arena allocates in it.
  case attached
  case badMark(Int, used: Int)
  case tooManyGuards(limit: Int)
  /// A block's guard page would be part of a later block.
  case guarded

  public var description: String {
    switch self {
    case .system(let operation, let code):
      "shared arena: \(operation) failed: \(systemErrorText(code))"
    case .badCapacity(let bytes):
      "shared arena: a capacity of \(bytes) bytes; give more than \(SharedArena.headerBytes) and at most 2^40"
    case .noFreeAddress(let bytes, let tried):
      "shared arena: no room for \(bytes) bytes at any of \(tried) fixed addresses; release other arenas or ask for less"
    case .addressTaken(let address, let bytes):
      "shared arena: this process has something else within \(bytes) bytes from 0x\(String(address, radix: 16)); "
        + "attach before loading libraries, or start the worker again"
    case .notAnArena(let detail):
      "shared arena: the descriptor holds no arena: \(detail)"
    case .full(let requested, let available):
      "shared arena: \(requested) bytes asked for, \(available) left; create it with a larger capacity"
    case .attached:
      "shared arena: it was made by another process, and only that one allocates in it"
    case .badMark(let mark, let used):
      "shared arena: rewinding to \(mark), which is not between \(SharedArena.headerBytes) and the \(used) bytes used"
    case .tooManyGuards(let limit):
      "shared arena: more than \(limit) guarded blocks; use another arena"
    case .guarded:
      "shared arena: it has guarded blocks and cannot be rewound; use another arena"
    }
  }
}

/// `errno` as text with its number, for example `No such file or directory (errno 2)`.
func systemErrorText(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 128)
  al_error_text(code, &buffer, buffer.count)
  let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return "\(String(decoding: text, as: UTF8.self)) (errno \(code))"
}

import CAlphaLoop

/// Texts handed across the boundary that must outlive the call which made them, until `removeAll`.
final class TextArena {
  private var blocks: [UnsafeMutablePointer<CChar>] = []

  deinit { removeAll() }

  func keep(_ text: String) -> al_str_v1 {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count > 0 else { return al_str_v1(ptr: nil, len: 0) }
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
      for i in 0..<bytes.count { copy[i] = CChar(bitPattern: bytes[i]) }
      blocks.append(copy)
      return al_str_v1(ptr: copy, len: UInt64(bytes.count))
    }
  }

  func removeAll() {
    for block in blocks { block.deallocate() }
    blocks.removeAll(keepingCapacity: true)
  }
}

import CSystem
import Synchronization

/// Libraries that nothing uses any more. They stay mapped, so that what the Swift runtime knows of them stays true; their
/// code and constants need no memory until something reads them again.
public enum RetiredLibraries {
  private static let spans = Mutex<[al_span]>([])

  static func add(containing address: UnsafeRawPointer) {
    withUnsafeTemporaryAllocation(of: al_span.self, capacity: 8) { found in
      let count = Int(al_object_constant_spans(address, found.baseAddress, Int32(found.count)))
      spans.withLock { $0.append(contentsOf: found.prefix(count)) }
    }
  }

  /// Gives the memory of all of them back to the system. A new library makes the runtime look through the old ones again,
  /// so this is for the end of a reload, not for the moment of retirement.
  public static func releasePages() {
    spans.withLock {
      for span in $0 { _ = al_discard(span.address, span.bytes) }
    }
  }
}

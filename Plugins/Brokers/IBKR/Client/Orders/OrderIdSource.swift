import AlphaLoopFiles
import Glibc

/// Gives order ids of this client id, each higher than every one that was ever given, seen, or offered by the gateway, whose
/// own counter may go back after a restart. What is kept on disk is an upper bound of a block, so that giving an id costs
/// no write.
struct OrderIdSource: Sendable {
  /// Ids of requests start here, so that an error's number tells orders from requests.
  static let limit: Int32 = 1_000_000_000
  static let block: Int32 = 500

  private(set) var highest: Int32 = 0
  private var reserved: Int32 = 0
  private let path: String?

  /// - Parameters:
  ///   - folder: of the file; empty keeps nothing.
  ///   - name: of the file: account and client id.
  /// - Throws: where a file is there and cannot be read: ids that were used could be given again.
  init(folder: String, name: String) throws(IBKRError) {
    guard !folder.isEmpty else {
      path = nil
      return
    }
    mkdir(folder, 0o755)
    let path = "\(folder)/\(name)"
    self.path = path
    guard access(path, F_OK) == 0 else { return }
    let text: String
    do throws(FileError) {
      let file = try MappedFile(path: path)
      text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    } catch {
      throw IBKRError(.invalid, "order ids: \(error.description)")
    }
    guard let mark = Int32(text.filter { $0 != "\n" }), mark >= 0, mark < OrderIdSource.limit else {
      throw IBKRError(.invalid, "\(path) does not hold an order id; give it the highest id that this client id used")
    }
    highest = mark
    reserved = mark
  }

  /// Takes note of an id of this client that came from the gateway.
  mutating func see(_ id: Int32) {
    if id > highest, id < OrderIdSource.limit { highest = id }
  }

  /// The gateway's next valid id. True when it went back behind what this side knows.
  mutating func offer(_ id: Int32) -> Bool {
    let isBehind = id <= highest
    see(id - 1)
    return isBehind
  }

  /// Consecutive ids, the first of them; nil when they are used up.
  mutating func take(_ count: Int32 = 1) throws(IBKRError) -> Int32 {
    guard highest < OrderIdSource.limit - count - OrderIdSource.block else {
      throw IBKRError(
        .invalid, "order ids are used up; press \"Reset API order ID sequence\" and remove the state file")
    }
    if highest + count > reserved { try reserve(highest + count + OrderIdSource.block) }
    highest += count
    return highest - count + 1
  }

  /// Makes sure in advance that the next ids can be given without a write.
  mutating func prepare() throws(IBKRError) {
    if path != nil, reserved - highest < OrderIdSource.block / 2 { try reserve(highest + OrderIdSource.block) }
  }

  private mutating func reserve(_ mark: Int32) throws(IBKRError) {
    if let path {
      do throws(FileError) {
        var writer = try DurableFileWriter(path: path)
        let bytes = Array("\(mark)\n".utf8)
        var failure: FileError?
        bytes.withUnsafeBytes { raw in
          do throws(FileError) { try writer.write(raw) } catch { failure = error }
        }
        if let failure { throw failure }
        _ = try writer.commit()
      } catch {
        throw IBKRError(.invalid, "the highest order id cannot be kept: \(error.description)")
      }
    }
    reserved = mark
  }
}

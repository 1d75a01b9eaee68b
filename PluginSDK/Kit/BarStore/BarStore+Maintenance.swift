import AlphaLoopArrow
import AlphaLoopFiles
import Glibc

/// A file in the store that is not as it should be.
public struct StoreProblem: Equatable, Sendable, CustomStringConvertible {
  /// Below the store's directory.
  public let path: String
  public let problem: String

  public var description: String { "\(path): \(problem)" }
}

extension BarStore {
  /// Reads every segment and checks the database; what is wrong, in the order of the paths.
  ///
  /// - Parameter progress: told how many of how many segments are done; returns false to stop early.
  public func verify(progress: (Int, Int) -> Bool = { _, _ in true }) throws -> [StoreProblem] {
    var problems = try catalogue.database.integrityCheck().map { StoreProblem(path: "state.db", problem: $0) }
    let segments = try catalogue.segments()
    for (index, segment) in segments.enumerated() {
      if !progress(index, segments.count) { return problems }
      do {
        _ = try SegmentFile.read(segment, root: directory, from: .min, to: .max)
      } catch {
        problems.append(StoreProblem(path: segment.path, problem: "\(error)"))
      }
    }
    let known = Set(segments.map(\.path))
    for path in try segmentFiles() where !known.contains(path) {
      problems.append(StoreProblem(path: path, problem: "the catalogue does not name this file; it is not used"))
    }
    return problems.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Makes the list of segments anew from the files there are; current rows and small values stay.
  ///
  /// Of files that overlap the one of the higher revision counts, since it holds the rows of those it replaced.
  /// - Returns: the files left out, and why.
  public func rebuild() throws -> [StoreProblem] {
    let problems = try catalogue.database.transaction {
      try catalogue.removeAllSegments()
      let (found, unreadable) = try describeFiles()
      return try unreadable + chooseSegments(found)
    }
    return problems.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private func describeFiles() throws -> ([Segment], [StoreProblem]) {
    var found: [Segment] = []
    var problems: [StoreProblem] = []
    for path in try segmentFiles() {
      guard path.hasSuffix(".arrow") else {
        problems.append(StoreProblem(path: path, problem: "not a finished segment; it can be deleted"))
        continue
      }
      do {
        found.append(try SegmentFile.describe(path, root: directory, fetchedAt: try modified(path)))
      } catch {
        problems.append(StoreProblem(path: path, problem: "\(error)"))
      }
    }
    return (found, problems)
  }

  /// Enters the newest of the segments that overlap; the others are returned.
  private func chooseSegments(_ found: [Segment]) throws -> [StoreProblem] {
    var problems: [StoreProblem] = []
    var kept: [SeriesKey: [Segment]] = [:]
    let newestFirst = found.sorted { ($0.revision, $1.path) > ($1.revision, $0.path) }
    for segment in newestFirst {
      let others = kept[segment.key, default: []]
      if let newer = others.first(where: { $0.first <= segment.last && $0.last >= segment.first }) {
        problems.append(StoreProblem(path: segment.path, problem: "replaced by \(newer.path); it can be deleted"))
      } else if let other = others.first(where: { $0.columns != segment.columns }) {
        problems.append(StoreProblem(path: segment.path, problem: "has other columns than \(other.path)"))
      } else {
        kept[segment.key, default: []].append(segment)
        try catalogue.add(segment)
      }
    }
    return problems
  }

  /// Every file below `bars`, by path.
  private func segmentFiles() throws -> [String] {
    try entries(of: "bars").flatMap { try entries(of: $0) }.flatMap { try entries(of: $0) }.flatMap {
      try entries(of: $0)
    }
  }

  /// The paths of what is in a directory; nothing where it is missing or no directory.
  private func entries(of path: String) throws -> [String] {
    var status = stat()
    guard stat("\(directory)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
    return try directoryEntries("\(directory)/\(path)").map { "\(path)/\($0)" }
  }

  /// When a file was last written, microseconds UTC.
  private func modified(_ path: String) throws -> Int64 {
    var status = stat()
    guard stat("\(directory)/\(path)", &status) == 0 else { throw FileError.last("read the time", path) }
    return Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1_000
  }
}

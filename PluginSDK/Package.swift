// swift-tools-version: 6.2
import PackageDescription

/// The SDK alone, over the sources that the host's own manifest builds too: what a plugin needs and nothing else.
/// A change of targets here belongs in the other manifest as well.
let hotPath: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
  name: "AlphaLoopSDK",
  products: [
    .library(name: "AlphaLoopSDK", targets: ["AlphaLoopSDK"]),
    .library(name: "AlphaLoopKit", targets: ["AlphaLoopKit"]),
  ],
  targets: [
    .target(name: "CAlphaLoop", path: "include", sources: ["alphaloop.c"], publicHeadersPath: "."),
    .target(name: "AlphaLoopSDK", dependencies: ["CAlphaLoop"], path: "Swift", swiftSettings: hotPath),
    .target(name: "AlphaLoopKit", path: "Kit/Analytics"),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)

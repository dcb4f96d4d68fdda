public import BlockCache
public import Membership

/// A peer asks a chunk's home who gives it the chunk.
public struct LocateRequest: Hashable, Sendable {
  /// Members that can be excluded.
  public static let excludedLimit = 16

  public var file: ExchangedFile
  public var chunk: Chunk
  /// Bit i: block i of the chunk is wanted.
  public var wanted: UInt32
  /// Somebody waits for one of the blocks.
  public var isDemand: Bool
  /// Members that did not have the blocks, or did not send them.
  public var excluded: [MemberID]

  public init(
    file: ExchangedFile, chunk: Chunk, wanted: UInt32, isDemand: Bool, excluded: [MemberID]
  ) {
    self.file = file
    self.chunk = chunk
    self.wanted = wanted
    self.isDemand = isDemand
    self.excluded = excluded
  }
}

/// What a home answers.
public enum LocateAnswer: Hashable, Sendable {
  /// Ask this member: it has the blocks, or is expected to have the first of them so soon.
  case parent(MemberID, expectedIn: Duration)
  /// Nobody is known: ask further up.
  case nobody
}

/// A peer asks another one for a block.
public struct TakeRequest: Hashable, Sendable {
  public var file: ExchangedFile
  public var index: UInt32
  /// Somebody waits for it.
  public var isDemand: Bool
  /// A home named the member as the parent: if it does not have the block yet, it is to get it.
  public var isAssigned: Bool

  public init(file: ExchangedFile, index: UInt32, isDemand: Bool, isAssigned: Bool) {
    self.file = file
    self.index = index
    self.isDemand = isDemand
    self.isAssigned = isAssigned
  }

  public var key: BlockKey { BlockKey(version: file.version, index: index) }
}

/// A peer asks the metadata server for a block.
public struct OriginRequest: Hashable, Sendable {
  public var file: ExchangedFile
  public var index: UInt32
  /// Somebody waits for it.
  public var isDemand: Bool
  /// So many others wait for the asker to have it.
  public var waiting: Int
  /// Members that did not have it, or did not send it.
  public var excluded: [MemberID]
  /// Wants the bytes and no other member's name.
  public var insists: Bool

  public init(
    file: ExchangedFile, index: UInt32, isDemand: Bool, waiting: Int, excluded: [MemberID],
    insists: Bool
  ) {
    self.file = file
    self.index = index
    self.isDemand = isDemand
    self.waiting = waiting
    self.excluded = excluded
    self.insists = insists
  }
}

/// Why a peer does not send a block that it was asked for.
public enum TakeRefusal: Hashable, Sendable {
  /// It does not have it and does not expect it.
  case missing
  /// It has more to do than it can.
  case busy
}

/// What came of a TAKE.
public enum TakeOutcome: Hashable, Sendable {
  /// The block is here, verified and kept.
  case arrived
  case refused(TakeRefusal)
  /// No answer: the connection or the other side failed.
  case failed
  /// Bytes that are not the block's.
  case wrong
}

/// What came of a question to the metadata server.
public enum OriginOutcome: Hashable, Sendable {
  case arrived
  /// This member has it or is about to have it.
  case elsewhere(MemberID)
  /// Another version of the file, or no such file.
  case gone
  /// Not now.
  case busy
  /// No answer.
  case failed
  /// It will not give it at all.
  case refused
}

/// Why a block that was wanted does not come.
public enum ExchangeFailure: Hashable, Sendable {
  /// The version is not the file's any more.
  case versionGone
  /// Nobody gives it now.
  case unavailable
}

/// What an `Exchange` wants done, in order.
public enum ExchangeDirective: Hashable, Sendable {
  /// Ask a home; call `located` with its answer.
  case locate(ExchangeCall, at: MemberID, LocateRequest)
  /// Ask a member for a block; call `taken` with what came of it.
  case take(ExchangeCall, from: MemberID, TakeRequest)
  /// Ask the metadata server for a block; call `originAnswered`.
  case readOrigin(ExchangeCall, OriginRequest)
  /// A member need not send a block any more.
  case cancel(BlockKey, at: MemberID)
  /// Somebody waits now for a block that a member was asked for ahead of time.
  case urge(BlockKey, at: MemberID)
  /// The same, for the metadata server.
  case urgeOrigin(BlockKey)
  /// Pass a number on to the member that a block was asked of; it calls `chased`.
  case chase(BlockKey, MemberID, at: MemberID)
  /// Ask a member whether it gets on; call `statusAnswered` with its progress.
  case askStatus(ExchangeCall, of: MemberID)
  /// Answer a LOCATE.
  case answerLocate(ExchangeToken, LocateAnswer)
  /// Send a block that is held, in answer to a TAKE; call `sent` when it is.
  case send(ExchangeToken, BlockKey, to: MemberID)
  /// Answer a TAKE otherwise.
  case refuse(ExchangeToken, TakeRefusal)
  /// A wanted block does not come.
  case fail(BlockKey, ExchangeFailure)
  /// A member sent wrong bytes: to be reported.
  case accuse(MemberID)
}

/// A question of ours, by number.
public typealias ExchangeCall = UInt64
/// A question of somebody else's that is to be answered, by the caller's number.
public typealias ExchangeToken = UInt64

import Crypto
import Glibc

/// The secret that makes filehandles unforgeable: 32 random bytes in the state directory.
///
/// Without it no handle can be made or recognised, so it must survive restarts: a lost key makes
/// every client's handles NFS4ERR_BADHANDLE.
enum FilehandleKey {
  static let byteCount = 32
  static let fileName = "filehandle.key"

  /// Reads the key, or makes one if there is none.
  static func load(stateDirectory: String) throws(PosixTreeError) -> SymmetricKey {
    let path = stateDirectory + "/" + fileName
    let file: Descriptor
    do throws(Errno) {
      file = try Linux.open(path: path, flags: O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    } catch {
      guard error.code == ENOENT else { throw failure(path, "cannot be read", error) }
      return try create(path: path, directory: stateDirectory)
    }
    let status: FileStatus
    var bytes = [UInt8](repeating: 0, count: byteCount + 1)
    let count: Int
    do throws(Errno) {
      status = try Linux.status(of: file)
      var result: Result<Int, Errno> = .success(0)
      bytes.withUnsafeMutableBytes { room in
        result = Result { () throws(Errno) in try Linux.read(file, at: 0, into: room) }
      }
      count = try result.get()
    } catch {
      throw failure(path, "cannot be read", error)
    }
    guard status.mode & 0o077 == 0 else {
      throw PosixTreeError("\(path): must not be accessible by group or others (chmod 600)")
    }
    guard count == byteCount else {
      throw PosixTreeError("\(path): \(count) bytes were read, \(byteCount) expected")
    }
    return SymmetricKey(data: bytes.prefix(byteCount))
  }

  private static func create(
    path: String, directory: String
  ) throws(PosixTreeError) -> SymmetricKey {
    let key = SymmetricKey(size: .bits256)
    let temporary = path + ".new"
    _ = unlink(temporary)
    let number = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw failure(temporary, "cannot be created", Errno(errno)) }
    let file = Descriptor(number)
    let written = key.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
    guard written == byteCount, fsync(file.number) == 0, rename(temporary, path) == 0 else {
      throw failure(temporary, "cannot be written", Errno(errno))
    }
    do throws(Errno) {
      let parent = try Linux.open(path: directory, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard fsync(parent.number) == 0 else { throw Errno(errno) }
    } catch {
      throw failure(directory, "cannot be synchronised", error)
    }
    return key
  }

  private static func failure(_ path: String, _ what: String, _ error: Errno) -> PosixTreeError {
    PosixTreeError("\(path): \(what): \(error.text)")
  }
}

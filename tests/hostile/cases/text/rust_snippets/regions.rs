fn main() {
    // region: growth
    let v = vec![1u8];
    // endregion: growth
    // region: open
    drop(v);
}

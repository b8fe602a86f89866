import pytest

from connectors.globs import chooser, pattern


@pytest.mark.parametrize(
    ("glob", "matches", "others"),
    [
        ("*.txt", ["a.txt", ".txt"], ["d/a.txt", "a.txt.gz"]),
        ("**/*.txt", ["a.txt", "d/a.txt", "d/e/a.txt"], ["a.md"]),
        ("d/**", ["d/a", "d/e/f"], ["a", "e/d/a"]),
        ("**/LICENSE", ["LICENSE", "d/LICENSE"], ["LICENSE.md", "d/aLICENSE"]),
        ("*/*", ["d/a"], ["a", "d/e/f"]),
        ("a?c", ["abc", "a가c"], ["ac", "a/c"]),
        ("[ab]*", ["ab", "b"], ["c"]),
        ("[!ab]*", ["c"], ["a"]),
        ("a+b(1).txt", ["a+b(1).txt"], ["aab1.txt"]),
        ("가/*_서식.hwpx", ["가/일반_서식.hwpx"], ["나/일반_서식.hwpx"]),
        ("a[", ["a["], ["a"]),
        ("**/*", ["a", "d/a\nb"], []),
    ],
)
def test_a_glob_matches_whole_paths(glob, matches, others):
    assert [path for path in matches + others if pattern(glob).fullmatch(path)] == matches


def test_excluded_paths_are_taken_out_of_included_ones():
    chosen = chooser(["**/*.json"], ["**/SOURCE.json", "old/**"])
    assert [p for p in ("a.json", "SOURCE.json", "d/SOURCE.json", "old/a.json", "a.txt") if chosen(p)] == ["a.json"]

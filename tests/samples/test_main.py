from pathlib import Path

import pytest

from samples.__main__ import main


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "out"), "--scale", "0.1"])
    said = capsys.readouterr().out
    assert "documents in 13 corpora" in said
    assert "near_duplicate" in said


def test_a_full_directory_ends_the_command_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "is not empty" in capsys.readouterr().err

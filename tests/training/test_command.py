"""The command line of training."""

import pytest

from training.__main__ import main


def test_a_folder_that_is_no_data_folder_ends_with_one_sentence(tmp_path, capsys):
    assert main(["evaluate", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'photos.csv'} is missing")


@pytest.mark.parametrize("command", [[], ["train"], ["evaluate"]])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as done:
        main([*command, "--help"])
    assert done.value.code == 0
    assert "--data" in capsys.readouterr().out

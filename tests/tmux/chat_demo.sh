#!/usr/bin/env bash
# Plays a person in a real terminal: starts `tagsmith demo` in tmux, types an order in Spanish,
# reviews, rejects a file, applies, undoes and quits; looks at the screen and at the files after
# each step. Waits for what should appear, never for a time.
#
# usage: chat_demo.sh [COLUMNSxROWS]    PYTHON chooses the interpreter that has tagsmith
set -euo pipefail

size=${1:-80x24}
work=$(mktemp -d)
tmux() { command tmux -L "tagsmith-$$" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null || true; rm -rf -- "$work"' EXIT
patience=${PATIENCE:-45}

screen() { tmux capture-pane -p -t chat 2>/dev/null || true; }
type_text() { tmux send-keys -t chat -l -- "$1"; }
press() { tmux send-keys -t chat "$1"; }

fail() {
    printf 'FAILED: %s\nthe screen was:\n%s\n' "$1" "$(screen)" >&2
    exit 1
}

# Poll until a command succeeds.
until_true() {
    local what=$1 end=$((SECONDS + patience))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "$what"
        sleep 0.05
    done
    echo "ok: $what"
}

# From a string: in a pipe, grep -q would end the writer by a signal, which pipefail reports.
shows() { grep -qE -- "$1" <<<"$(screen)"; }
until_shown() { until_true "the screen shows: $1" shows "$1"; }

# The review and its last question take no key that decides in their first half second.
typed_ahead() { sleep 0.6; }

# A new plan card ignores keys for a moment, so enter is pressed until the review is there.
opens_review() {
    local try
    shows 'Review · ' && return
    press Enter
    for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
        shows 'Review · ' && return
        sleep 0.05
    done
    return 1
}

# The dataset's files, each with its hash, without Tagsmith's own state.
state() {
    (cd "$dataset" && find . -path ./.tagsmith -prune -o -type f -exec sha256sum {} + | sort -k 2)
}
captions_with() { grep -lE -r --include='*.txt' --exclude-dir=.tagsmith -- "$1" "$dataset" | wc -l; }
unchanged() { [ "$(state)" = "$before" ]; }
same_files() {
    unchanged || fail "$1"
    echo "ok: $1"
}

# Apply in the review: a plan of many files wants to be counted in digits.
apply_reviewed() {
    local files
    press w
    until_shown 'Apply [0-9,]+ files\?'
    typed_ahead
    files=$(screen | sed -nE 's/.*Apply ([0-9,]+) files\?.*/\1/p' | head -n 1)
    if shows "type $files and enter"; then
        type_text "$files"
    fi
    press Enter
    applied=$files
}

tmux new-session -d -s chat -x "${size%x*}" -y "${size#*x}" \
    "TMPDIR='$work' '${PYTHON:-python3}' -m tagsmith demo; echo exit \$? > '$work/left'"

until_shown 'pets · 61 images'
until_shown 'quita watermark y etiqueta las que no tienen caption'
dataset=$(echo "$work"/*/pets)
before=$(state)
marked=$(captions_with '(^|, *)watermark')

type_text 'quita watermark y pon el trigger coco donde haya dog'
press Enter
until_shown 'would change'
same_files "nothing is written before the plan is applied"

until_true "enter opens the review" opens_review
typed_ahead
first=$(screen | sed -nE 's/^ *\[x\] ([^ ]+).*/\1/p' | head -n 1)
[ -n "$first" ] || fail "the review lists files"
press Space
until_shown "^ *\[ \] $first .*dropped"
same_files "nothing is written in the review"

apply_reviewed
until_shown "applied $applied files"
changed=$(diff <(state) <(echo "$before") | grep -c '^<') || true
[ "$changed" = "$applied" ] || fail "$applied files are said to be applied, $changed are changed"
grep -qF -- "$(grep -F "./$first.txt" <<<"$before")" <<<"$(state)" || fail "the rejected file is as it was"
left=$(captions_with '(^|, *)watermark')
[ "$left" -lt "$marked" ] && [ "$left" -le 2 ] || fail "watermark is removed ($left left)"
[ "$(captions_with '^coco, ')" -gt 10 ] || fail "coco stands first"
echo "ok: $changed files are changed on disk, and the rejected one is not"

until_shown '^ *›'
type_text '/undo'
press Enter
until_shown 'would change'
until_true "enter opens the review of the undo" opens_review
typed_ahead
apply_reviewed
until_true "after the undo every file is as it was" unchanged

press C-q
until_true "tagsmith has quit" test -s "$work/left"
[ "$(cat "$work/left")" = "exit 0" ] || fail "the exit status is 0, not $(cat "$work/left")"
echo "all steps passed at $size"

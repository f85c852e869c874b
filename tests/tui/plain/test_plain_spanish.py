"""The plain chat in Spanish, on a real terminal."""

from __future__ import annotations


def test_an_order_is_reviewed_and_applied_in_spanish(plain, captions, assert_plain):
    chat = plain(LANG="es_ES.UTF-8")
    told = chat.ask('/prune_tags hat --where "name:img_0006*"')
    assert "Herramienta: prune_tags, tags hat" in told
    assert "Estado: 1 archivo preparado; nada escrito aún." in told
    assert "img_0006.txt: editado.\n- hat\nAntes:" in chat.ask("/show img_0006")
    assert "El paso 1 queda excluido.\nEstado: nada preparado." in chat.ask("/drop paso 1")
    assert "El paso 1 queda incluido." in chat.ask("/keep step 1")
    chat.ask("/apply", "Escribe sí para aplicarlo: ")
    assert "No aplicado. El plan sigue pendiente." in chat.ask("yes")
    chat.ask("/apply", "Escribe sí para aplicarlo: ")
    assert "Aplicado a 1 archivo. /undo lo deshace." in chat.ask("si")
    assert captions()["img_0006.txt"] == "monkey, outdoors, watermark"
    assert "Error: No hay ningún comando /nada." in chat.ask("/nada")
    assert chat.leave() == 0
    assert_plain(chat)

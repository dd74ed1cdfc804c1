"""Lists of centers as national networks keep them."""


def messy(number):
    """Rows as people keep them: blanks around, blank rows, words for nothing, odd dates."""
    dates = ["2001", "5/2003", "17. 5. 2001", "máj 2004", "-", "soon"]
    lines = ["Zoznam centier;;;;;", ";;;;;", "Názov; Mesto ;Založené;E-mail;Stav;Poznámka"]
    for index in range(number):
        mail = "nonsense" if index % 50 == 7 else f"centrum{index}@example.org"
        lines.append(
            f"  Materské centrum Žabka {index} ;Obec {index % 40} ;{dates[index % 6]};{mail};"
            f'{["aktívne", "ZATVORENÉ", "", "pozastavené"][index % 4]};"č. {index}; ""ľ"""'
        )
        if index % 100 == 0:
            lines.append(";;;;;")
    return "\r\n".join(lines)

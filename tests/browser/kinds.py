"""Every kind of public page, each once or in each of its states; for all that look at all pages.

Plain text alone: `make verify` reads it without the project's packages.
"""

# (address, what it stands for)
KINDS = {
    "/": "start page",
    "/centers/": "list",
    "/centers/?country=BG&status=all&sort=founded": "list with filters",
    "/centers/?q=nobody&country=XX": "list with nothing in it and a note",
    "/centers/?view=map&status=all": "map",
    "/centers/?near=Razgrad&within=50": "list near a town",
    "/centers/?q=Shumen": "the nearest to a town without a center",
    "/centers/mother-father-center-neuhausen-munich/": "profile of a living center",
    "/centers/hope-for-provadia/": "profile of a closed center",
    "/report/4agnjphy/": "saying what is wrong with a center",
    "/report/4agnjphy/?about=status": "saying that it is open again",
    "/receipt/": "finding a receipt",
    "/countries/": "countries",
    "/countries/bg/": "country",
    "/countries/bg/contact/": "writing to a country, without mail",
    "/countries/bg/contact/sent/": "a message is sent",
    "/organisations/": "organisations",
    "/organisations/mine/": "organisation",
    "/network/": "who helped whom, with nothing recorded",
    "/projects/": "projects",
    "/projects/neighbourhood-mothers/": "project with figures",
    "/projects/roma-mother-centers/": "project with centers",
    "/insights/": "insights",
    "/insights/?country=BG&by=premises&known_on=2024-01-01": "insights before the register",
    "/stories/": "stories",
    "/stories/homework-and-songs/": "story",
    "/stories/edit/link/": "new link to a story",
    "/stories/tell/": "telling a story",
    "/search/?q=mother": "search",
    "/search/?q=xyzzy": "search with nothing found",
    "/about/": "about",
    "/changes/": "changes",
    "/changes/?country=BG&country=XX": "changes of a country, with a note",
    "/data/": "open data",
    "/accessibility/": "statement on accessibility",
    "/privacy/": "statement on privacy",
    "/confirm/nonsense/stop/": "ending the yearly mails",
    "/accounts/login/": "login",
    "/accounts/signup/": "no sign-up",
}
# What Lighthouse judges: home, list, profile, project.
MEASURED = [
    "/",
    "/centers/",
    "/centers/mother-father-center-neuhausen-munich/",
    "/projects/roma-mother-centers/",
]

"""A photo's position in words: the camera's or that of its site, and how far apart they are."""

from __future__ import annotations

from core.formatting import distance
from core.language import tr
from core.store.distances import FAR_M, metres_from
from core.store.records import PhotoRecord, Site
from core.survey.coordinates import position_in_words


def photo_position(photo: PhotoRecord, site: Site | None) -> str:
    """The position that holds of a photo, and the other one where they differ; empty where it has none."""
    own = position_in_words(photo.latitude, photo.longitude)
    of_site = position_in_words(site.latitude, site.longitude) if site else ""
    if own and photo.position_of == "site":
        if of_site:
            return tr("{position} (of the site; the camera wrote {own})", position=of_site, own=own)
        return tr("{own} does not hold, and the site has no position", own=own)
    if own:
        metres = metres_from(site, photo)
        far = metres is not None and metres > FAR_M
        return tr("{position}, {distance} from the site", position=own, distance=distance(metres or 0)) if far else own
    return tr("{position} (of the site)", position=of_site) if of_site else ""

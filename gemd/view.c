/* SPDX-License-Identifier: MIT */
#include "gemd/view.h"

#include "gemd/session.h"

bool view_is_whole(const struct session *viewer)
{
    return viewer->grant.sees_all;
}

bool view_shows(const struct session *viewer, const struct session *session)
{
    return session->greeted && session->role == GEMD_ROLE_CLIENT &&
           (view_is_whole(viewer) || session->uid == viewer->uid);
}

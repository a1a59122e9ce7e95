# garam_bundle(targets…): the installation of a wheel has, in garam/lib, the shared libraries that these modules need and
# that a machine without this project's packages lacks; docs/rationale/wheel.md.

# What every Linux of glibc brings, in the version that its other programs need.
set(garam_of_system "^(ld-linux.*|lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s|z))\\.so\\..*$")

function(garam_bundle)
  set(modules "")
  foreach(target ${ARGN})
    # A path of the old kind is followed for what a library needs in turn, too: not all of those have one of their own.
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/lib" INSTALL_RPATH_USE_LINK_PATH OFF)
    target_link_options(${target} PRIVATE -Wl,--disable-new-dtags -Wl,--exclude-libs,libcrypto.a)
    list(APPEND modules "$<TARGET_FILE:${target}>")
  endforeach()
  # Copied under the name by which it is asked for, without the links that lead there: a wheel has none.
  install(CODE "
    file(GET_RUNTIME_DEPENDENCIES MODULES ${modules} RESOLVED_DEPENDENCIES_VAR libraries
         PRE_EXCLUDE_REGEXES [=[${garam_of_system}]=])
    foreach(library IN LISTS libraries)
      get_filename_component(name \"\${library}\" NAME)
      file(REAL_PATH \"\${library}\" file)
      file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/garam/lib\" TYPE FILE RENAME \"\${name}\" FILES \"\${file}\")
    endforeach()")
endfunction()
